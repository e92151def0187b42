// Routes of every kind: methods, paths and bytes as an operation gets them, and the terms that an operation has for itself.
// The Worker is that of tests/operations.

import { describe, expect, test } from "vitest";
import { type Answer, type Call, expiryOf, newKey, serve } from "../harness/client.ts";
import { OPERATIONS } from "../harness/server.ts";

const SHOP = "https://shop.example";

const api = serve(
  { THINGS_TTL_SECONDS: "120", CORS_ALLOWED_ORIGINS: SHOP, START_PAGE: "on" },
  { root: OPERATIONS },
);

describe("an operation", () => {
  test("gets all of a request: variables, query, fields and bytes", async () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte);
    const path = "/files/a%2Fb/c%20d/%C3%A9+%25";
    const key = newKey();

    const answer = await post(`${path}?x=1&y=%20&x`, {
      headers: {
        "Idempotency-Key": key,
        "Content-Type": "application/x-own",
        "X-Own": "1, 2",
        Cookie: "c=d",
      },
      bytes,
    });

    expect(answer.json).toMatchObject({
      method: "POST",
      path,
      query: "x=1&y=%20&x",
      variables: [
        ["folder", "a/b"],
        ["rest", "c d/é+%"],
      ],
      idempotency_key: key,
      body: [...bytes],
    });
    for (const field of [
      ["content-type", "application/x-own"],
      ["idempotency-key", key],
      ["x-own", "1, 2"],
      ["cookie", "c=d"],
    ])
      expect(answer.json.fields).toContainEqual(field);
  });

  test("gets no fields, if it reads none, and its bytes come back after a kill as before", async () => {
    const bytes = Uint8Array.from({ length: 3 * 256 }, (_, at) => 255 - (at % 256));
    const send = () => fetched("/mirror", { method: "POST", key, body: bytes });
    const key = newKey();

    const first = await send();
    await api.server.kill();
    const second = await send();

    for (const answer of [first, second]) {
      expect(answer.status).toBe(200);
      expect(answer.headers.get("Content-Type")).toBe("application/octet-stream");
      expect(answer.headers.get("X-Fields")).toBe("0");
      expect(new Uint8Array(await answer.arrayBuffer())).toEqual(bytes);
    }
    expect(second.headers.get("Idempotent-Replayed")).toBe("true");
    const other = await fetched("/mirror", { method: "POST", key, body: bytes.slice(1) });
    expect(other.status).toBe(400);
  });

  test("has its terms: so many seconds, after which the key is new", async () => {
    const key = newKey();
    const first = await post("/two-seconds", key);
    const kept = await lifetimeOf(key);
    await expiryOf(first);

    const next = await post("/two-seconds", key);

    expect(kept).toBe(2000);
    expect(next.json.operation_id).not.toBe(first.json.operation_id);
    expect(next.headers.has("Idempotent-Replayed")).toBe(false);
  });

  test("has its terms: as long as a variable of the Worker says", async () => {
    const key = newKey();
    await post("/as-a-variable-says", key);

    expect(await lifetimeOf(key)).toBe(120_000);
  });

  test("has its terms: a deadline, before that of all others", async () => {
    const key = newKey();
    const fault = "delay=10000";

    const [timedOut, other] = await Promise.all([
      post("/one-second-long", key, { fault }),
      post("/uuid4", newKey(), { fault }),
    ]);

    expect(timedOut.json.type).toBe("/problems/operation-failed");
    expect(other.status).toBe(200);
    expect((await api.status(key)).json).toMatchObject({ status: "FAILED", attempts: 1 });
  });
});

describe("a method", () => {
  test.each(["PUT", "DELETE"])("takes effect once per key: %s", async (method) => {
    const path = `/things/${newKey()}`;
    const call = (path: string, key: string, method: string) => post(path, key, { method });
    const key = newKey();

    const answers = [await call(path, key, method), await call(path, key, method)];
    const elsewhere = await call(`/things/${newKey()}`, key, method);
    const otherwise = await call(path, key, method === "PUT" ? "DELETE" : "PUT");

    expect(answers[0]!.json).toMatchObject({ method, path, variables: [["id", path.slice(8)]] });
    expect(answers[1]!.text).toBe(answers[0]!.text);
    expect(answers[1]!.headers.get("Idempotent-Replayed")).toBe("true");
    for (const { json } of [elsewhere, otherwise]) expect(json.type).toBe("/problems/request-mismatch");
    expect((await api.call(path)).json).toEqual({ count: 1 });
  });

  test.each([
    ["/things/7", "GET, HEAD, PUT, DELETE, OPTIONS", "POST"],
    ["/files/a/b/c", "POST, OPTIONS", "GET"],
    ["/uuid4", "POST, OPTIONS", "HEAD"],
  ])("is one of those of its path, which it tells: %s", async (path, allow, other) => {
    const [options, refused] = [
      await api.call(path, { method: "OPTIONS" }),
      await api.call(path, { method: other }),
    ];

    expect([options.status, options.headers.get("Allow")]).toEqual([204, allow]);
    expect([refused.status, refused.headers.get("Allow")]).toEqual([405, allow]);
  });

  test("is GET for HEAD, without content", async () => {
    const path = `/things/${newKey()}`;

    const [get, head] = [await api.call(path), await api.call(path, { method: "HEAD" })];

    expect([head.status, head.text]).toEqual([200, ""]);
    expect(get.json).toEqual({ count: 0 });
    expect(head.headers.get("Content-Type")).toBe(get.headers.get("Content-Type"));
  });

  test("may be used by pages of other origins: a preflight tells all there are", async () => {
    const headers = { Origin: SHOP, "Access-Control-Request-Method": "DELETE" };

    const answer = await api.call("/things/7", { method: "OPTIONS", headers });

    expect(answer.status).toBe(204);
    expect(answer.headers.get("Access-Control-Allow-Methods")).toBe("GET, HEAD, POST, PUT, DELETE");
  });
});

describe("a path", () => {
  test("is compared as it is written, and not as it is decoded", async () => {
    const headers = { "Idempotency-Key": newKey() };
    const first = await api.call("/files/a/%61", { method: "POST", headers });

    const second = await api.call("/files/a/a", { method: "POST", headers });

    expect(first.status).toBe(200);
    expect(second.json.type).toBe("/problems/request-mismatch");
  });
});

describe("a Worker without static files", () => {
  test.each(["/docs", "/openapi.json", "/dashboard", "/docs/page.css", "/start/page.js"])(
    "says so: %s",
    async (path) => {
      const answer = await api.call(path);

      expect(answer.status).toBe(404);
      expect(answer.json).toMatchObject({
        type: "/problems/not-found",
        detail: expect.stringMatching(/ASSETS/),
      });
      expect(api.server.logs.filter(({ level }) => level === "error")).toEqual([]);
    },
  );

  test("leads nobody to them from its page", async () => {
    const { status, text } = await api.call("/", { headers: { Accept: "text/html" } });

    expect(status).toBe(200);
    expect(text).toContain("<h1>test-operations</h1>");
    expect(text).not.toMatch(/docs|dashboard/);
  });

  test.each(["/", "/nowhere"])(
    "is promised no page without a doubt where there is no path: %s",
    async (path) => {
      const { status, json } = await api.call(path);
      const problem = await api.call(json.type, { headers: { Accept: "text/html" } });

      expect(status).toBe(404);
      expect(json.detail).toMatch(/unless this Worker has no static files\.$/);
      expect(problem.text).toContain("unless the Worker has no static files");
    },
  );
});

describe("a variable of the Worker that is not set", () => {
  const byDefault = serve({}, { root: OPERATIONS });

  test("is what its operation says", async () => {
    const key = newKey();
    await byDefault.call("/as-a-variable-says", { method: "POST", headers: { "Idempotency-Key": key } });

    expect(await lifetimeOf(key, byDefault)).toBe(3_600_000);
  });
});

/** A POST, unless `call` says otherwise, with this key if it is a text. */
function post(path: string, key: string | (Call & { bytes?: Uint8Array<ArrayBuffer> }), call: Call = {}) {
  const { bytes, ...more } = typeof key === "string" ? { headers: { "Idempotency-Key": key } } : key;
  return api.call(path, { method: "POST", ...more, ...call, ...(bytes && { payload: bytes }) });
}

function fetched(path: string, sent: { method: string; key: string; body: Uint8Array<ArrayBuffer> }) {
  const { key, ...init } = sent;
  return fetch(new URL(path, api.server.address), { ...init, headers: { "X-Idempotency-Key": key } });
}

/** How long the key's record is kept, in milliseconds. */
async function lifetimeOf(key: string, client = api) {
  const { json }: Answer = await client.status(key);
  return Date.parse(json.expires_at) - Date.parse(json.created_at);
}
