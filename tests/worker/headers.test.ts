// The header fields that answers have, and those that a request may prefer or be told by.

import { describe, expect, test } from "vitest";
import {
  AUDIT_LOG,
  AUDIT_LOGS,
  type Answer,
  newKey,
  RESOURCES,
  serve,
  TRANSACTIONS,
} from "../harness/client.ts";
import { Connection } from "../harness/connection.ts";

const api = serve();
const UUID_V4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

describe("X-Correlation-ID", () => {
  test.each(["a", "A.b_9:-", "x".repeat(128)])("is taken over: %s", async (id) => {
    const answer = await api.call("/health", { headers: { "X-Correlation-ID": id } });

    expect(answer.headers.get("X-Correlation-ID")).toBe(id);
  });

  test.each(["", "a b", "a,b", 'a"b', "a/b", "ä", "x".repeat(129)])("is replaced: %s", async (id) => {
    const answer = await api.call("/health", { headers: { "X-Correlation-ID": id } });

    expect(answer.headers.get("X-Correlation-ID")).toMatch(UUID_V4);
  });

  test("is on every answer, whatever it says", async () => {
    const key = newKey();
    const headers = { "X-Correlation-ID": "c-1" };

    const answers = [
      await api.create(key, { headers }),
      await api.create(key, { headers }),
      await api.create(key, { headers, payload: { name: "other" } }),
      await api.create(key, { headers, payload: "{" }),
      await api.create(newKey(), { headers, fault: "fail-before" }),
      await api.create(newKey(), { headers, fault: "abort-before" }),
      await api.create(newKey(), { headers, fault: "panic" }),
      await api.status(key, { headers }),
      await api.call(AUDIT_LOGS, { headers }),
      await api.call("/api/v1/operations/idempotency-example", { headers }),
      await api.call("/problems/forbidden", { headers }),
      await api.call("/nowhere", { headers }),
      await api.call(RESOURCES, { headers, method: "OPTIONS" }),
      await api.call(RESOURCES, { headers, method: "DELETE" }),
    ];

    expect(answers.map((answer) => answer.headers.get("X-Correlation-ID"))).toEqual(answers.map(() => "c-1"));
  });

  test("is another for every request that names none", async () => {
    const [one, other] = [await api.call("/health"), await api.call("/health")];

    expect(one.headers.get("X-Correlation-ID")).not.toBe(other.headers.get("X-Correlation-ID"));
  });
});

describe("every answer", () => {
  test("is taken for what it says it is, and no address is told where it leads", async () => {
    const key = newKey();

    const answers = [
      await api.create(key),
      await api.create(key),
      await api.create(key, { payload: "{" }),
      await api.create(newKey(), { fault: "panic" }),
      await api.status(key),
      await api.call("/problems/forbidden"),
      await api.call("/nowhere"),
      await api.call(RESOURCES, { method: "OPTIONS" }),
    ];

    for (const { headers } of answers) {
      expect(headers.get("X-Content-Type-Options")).toBe("nosniff");
      expect(headers.get("Referrer-Policy")).toBe("no-referrer");
    }
  });

  test.each([
    ["https", "api.example", /^strict-transport-security: max-age=31536000\r$/m],
    ["https", "api.example:8443", /^strict-transport-security: max-age=31536000\r$/m],
    ["http", "api.example", undefined],
    ["https", "localhost", undefined],
    ["https", "api.localhost:8443", undefined],
    ["https", "127.0.0.1:8443", undefined],
    ["https", "[::1]:8443", undefined],
  ])("over %s of %s says whether browsers are to come back over TLS alone", async (scheme, host, field) => {
    const connection = new Connection(api.server.address);

    // The local runtime takes the scheme from this field.
    connection.send(`GET /health HTTP/1.1\r\nHost: ${host}\r\nX-Forwarded-Proto: ${scheme}\r\n\r\n`);

    const { head } = await connection.answer();
    if (field) expect(head.toLowerCase()).toMatch(field);
    else expect(head.toLowerCase()).not.toContain("strict-transport-security");
  });
});

describe("an answer to a keyed request", () => {
  test.each([RESOURCES, TRANSACTIONS, AUDIT_LOG] as const)(
    "of %s names its key and its expiry, and may not be stored on the way",
    async (path) => {
      const key = newKey();

      const answers = [
        await api.post(path, key, { fault: "fail-before" }),
        await api.post(path, key),
        await api.post(path, key),
      ];

      expect(answers.map(({ status }) => status)).toEqual([503, 201, 201]);
      const { expires_at } = (await api.status(key)).json;
      for (const { headers } of answers) {
        expect(headers.get("X-Idempotency-Key")).toBe(key);
        expect(headers.get("Cache-Control")).toBe("no-store");
        expect(headers.get("X-Idempotency-Expires-At")).toBe(expires_at);
      }
    },
  );

  test("names its key and may not be stored also if it is refused", async () => {
    const key = newKey();
    await api.create(key);

    const answers = [
      await api.create(key, { payload: { name: "another" } }),
      await api.create(key, { payload: "{" }),
      await api.create(key, { payload: {} }),
      await api.create(key, { headers: { "Content-Type": "text/plain" } }),
      await api.create(key, { payload: `"${"x".repeat(300_000)}"` }),
    ];

    expect(answers.map(({ status }) => status)).toEqual([400, 400, 422, 415, 413]);
    for (const { headers } of answers) {
      expect(headers.get("X-Idempotency-Key")).toBe(key);
      expect(headers.get("Cache-Control")).toBe("no-store");
    }
  });

  test("is marked as replayed only if it is", async () => {
    const key = newKey();

    const answers = [
      await api.create(key, { fault: "fail-after" }),
      await api.create(key, { payload: { name: "another" } }),
      await api.create(key),
      await api.create(key),
      await api.create(key, { payload: { name: "another" } }),
      await api.status(key),
    ];

    const marked = (answer: Answer) => answer.headers.get("Idempotent-Replayed");
    expect(answers.map(marked)).toEqual([null, null, null, "true", null, null]);
  });
});

describe.concurrent("Prefer", () => {
  test.each(["wait=30", "respond-async, wait=30", 'Wait = "30"; x', "wait=30, wait=0", "wait=86400"])(
    "%s is a wish to wait",
    async (Prefer) => {
      const key = newKey();
      const first = api.create(key, { fault: "delay=3000" });
      await api.isRunning(key);

      const second = await api.create(key, { headers: { Prefer } });

      expect(second.status).toBe(201);
      expect(second.text).toBe((await first).text);
    },
  );

  test.each(["wait", "wait=0", "wait=-1", "wait=x", "wait=1.5", "respond-async"])(
    "%s is none",
    async (Prefer) => {
      const key = newKey();
      const first = api.create(key, { fault: "delay=4000" });
      await api.isRunning(key);

      const second = await api.create(key, { headers: { Prefer } });

      expect(second.status).toBe(409);
      expect((await first).status).toBe(201);
    },
  );
});
