// Pages of other origins: which may call, what they may send and what they may read.

import { describe, expect, test } from "vitest";
import { AUDIT_LOG, newKey, RESOURCES, serve } from "../harness/client.ts";

const SHOP = "https://shop.example";
const api = serve({
  CORS_ALLOWED_ORIGINS: `${SHOP}, http://localhost:3000`,
  CORS_ALLOWED_HEADERS: "X-Team, X-Tenant",
});
const local = serve({ CORS_ALLOWED_ORIGINS: "http://localhost:*,http://127.0.0.1:*,http://[::1]:*" });
const closed = serve();

describe("a preflight", () => {
  test.each([SHOP, "http://localhost:3000"])(
    "is answered for %s with what its pages may send",
    async (origin) => {
      const answer = await preflight(origin);

      expect(answer.status).toBe(204);
      expect(answer.headers.get("Access-Control-Allow-Origin")).toBe(origin);
      expect(list(answer.headers, "Access-Control-Allow-Methods")).toEqual(
        expect.arrayContaining(["get", "post"]),
      );
      expect(list(answer.headers, "Access-Control-Allow-Headers")).toEqual(
        expect.arrayContaining([
          "content-type",
          "x-idempotency-key",
          "idempotency-key",
          "x-correlation-id",
          "prefer",
          "authorization",
          "if-none-match",
          // What libraries add by themselves.
          "x-requested-with",
          "x-request-id",
          "traceparent",
          "tracestate",
          "baggage",
          "sentry-trace",
          "x-datadog-trace-id",
          "x-datadog-parent-id",
          "x-datadog-origin",
          "x-datadog-sampling-priority",
          "x-datadog-sampled",
          "x-datadog-tags",
          "b3",
          "x-b3-traceid",
          // What the variable adds.
          "x-team",
          "x-tenant",
        ]),
      );
      expect(Number(answer.headers.get("Access-Control-Max-Age"))).toBeGreaterThan(600);
      expect(list(answer.headers, "Vary")).toContain("origin");
    },
  );

  test.each([
    "https://elsewhere.example",
    "http://shop.example",
    "https://shop.example:8443",
    "https://shop.example.evil.example",
    "https://evil-shop.example",
    "null",
  ])("is refused for %s", async (origin) => {
    const answer = await preflight(origin);

    expect(answer.status).toBe(403);
    expect(answer.json.type).toBe("/problems/forbidden");
    expect(answer.headers.has("Access-Control-Allow-Origin")).toBe(false);
  });

  test.each(["http://localhost", "http://localhost:5173", "http://127.0.0.1:8080", "http://[::1]:3000"])(
    "is answered for any port where the port is *: %s",
    async (origin) => {
      const answer = await preflight(origin, {}, local);

      expect(answer.status).toBe(204);
      expect(answer.headers.get("Access-Control-Allow-Origin")).toBe(origin);
    },
  );

  test.each([
    "https://localhost:5173",
    "http://localhost.evil.example:80",
    "http://localhost:5173.evil.example",
    "http://evil.example",
    "http://192.168.0.2:5173",
    "null",
  ])("is refused where the port is *, but the host is another: %s", async (origin) => {
    const answer = await preflight(origin, {}, local);

    expect(answer.status).toBe(403);
    expect(answer.headers.has("Access-Control-Allow-Origin")).toBe(false);
  });

  test("is refused for every origin where none is allowed", async () => {
    const headers = { Origin: SHOP, "Access-Control-Request-Method": "POST" };

    const answer = await closed.call(RESOURCES, { method: "OPTIONS", headers });

    expect(answer.status).toBe(403);
  });

  test("touches no key, even if it has one", async () => {
    const key = newKey();
    await preflight(SHOP, { "X-Idempotency-Key": key });
    await preflight(SHOP, { "Idempotency-Key": "invalid-key" });

    const unused = await api.status(key);
    const first = await api.create(key);

    expect(unused.status).toBe(404);
    expect(first.status).toBe(201);
    expect(first.headers.has("Idempotent-Replayed")).toBe(false);
  });
});

describe("a page of an allowed origin", () => {
  test("may read the fields of each answer: the first, its replay, a refusal and a failure", async () => {
    const key = newKey();
    const headers = { Origin: SHOP };

    const answers = [
      await api.create(key, { headers }),
      await api.create(key, { headers }),
      await api.create(key, { headers, payload: "{" }),
      await api.create(newKey(), { headers, fault: "fail-before" }),
      await api.create(newKey(), { headers, fault: "panic" }),
      await api.call("/nowhere", { headers }),
    ];

    for (const answer of answers) {
      expect(answer.headers.get("Access-Control-Allow-Origin")).toBe(SHOP);
      expect(answer.headers.has("Access-Control-Allow-Credentials")).toBe(false);
      expect(list(answer.headers, "Vary")).toContain("origin");
      expect(list(answer.headers, "Access-Control-Expose-Headers")).toEqual(
        expect.arrayContaining([
          "x-idempotency-key",
          "x-idempotency-expires-at",
          "date",
          "x-idempotency-content",
          "idempotent-replayed",
          "x-correlation-id",
          "retry-after",
          "proxy-status",
          "location",
          "etag",
          "allow",
          "www-authenticate",
        ]),
      );
    }
  });

  test("is not named in the replay that a page of another one gets", async () => {
    const key = newKey();
    await api.create(key, { headers: { Origin: SHOP } });

    const replay = await api.create(key, { headers: { Origin: "http://localhost:3000" } });

    expect(replay.headers.get("Idempotent-Replayed")).toBe("true");
    expect(replay.headers.get("Access-Control-Allow-Origin")).toBe("http://localhost:3000");
  });
});

describe("a page of another origin", () => {
  // A browser asks first before it sends any other type, or a field such as a key or a credential.
  test.each(["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])(
    "has no effect with what browsers send without asking, such as %s",
    async (type) => {
      const name = crypto.randomUUID();
      const headers = { Origin: "https://elsewhere.example", "Content-Type": type };

      const answer = await api.call(RESOURCES, {
        method: "POST",
        headers,
        payload: JSON.stringify({ name }),
      });

      expect(answer.json.type).toBe("/problems/idempotency-key-missing");
      expect(await api.rowsWhere("resources", "name", name)).toHaveLength(0);
    },
  );

  test("may read nothing, and a client without an origin is told of none", async () => {
    const answers = [
      await api.post(AUDIT_LOG, newKey(), { headers: { Origin: "https://elsewhere.example" } }),
      await api.post(AUDIT_LOG, newKey()),
    ];

    for (const { headers } of answers) {
      expect(headers.has("Access-Control-Allow-Origin")).toBe(false);
      expect(headers.has("Access-Control-Expose-Headers")).toBe(false);
    }
  });
});

function preflight(origin: string, more: Record<string, string> = {}, of = api) {
  const headers = {
    Origin: origin,
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "content-type, x-idempotency-key",
    ...more,
  };
  return of.call(RESOURCES, { method: "OPTIONS", headers });
}

function list(headers: Headers, name: string): string[] {
  return (headers.get(name) ?? "").toLowerCase().split(/\s*,\s*/);
}
