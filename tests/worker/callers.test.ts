// Callers: one does not see, block or learn of what another does with the same key.

import { describe, expect, test } from "vitest";
import { AUDIT_LOG, newKey, RESOURCES, serve, TRANSACTIONS } from "../harness/client.ts";

const api = serve();

describe.concurrent("another caller with the same key", () => {
  test("has an effect and an answer of its own, with the same payload", async () => {
    const key = newKey();

    const answers = [
      await api.create(key),
      await api.create(key, { as: "ann" }),
      await api.create(key, { as: "bob" }),
    ];

    expect(answers.map((answer) => answer.status)).toEqual([201, 201, 201]);
    expect(answers.some((answer) => answer.headers.has("Idempotent-Replayed"))).toBe(false);
    expect(new Set(answers.map((answer) => answer.json.id)).size).toBe(3);
    expect(await api.rows(key)).toHaveLength(3);
  });

  test("gets its own answer again, not the other's", async () => {
    const key = newKey();
    const anns = await api.create(key, { as: "ann" });
    const bobs = await api.create(key, { as: "bob" });

    const annsRetry = await api.create(key, { as: "ann" });
    const bobsRetry = await api.create(key, { as: "bob" });

    expect(annsRetry.text).toBe(anns.text);
    expect(bobsRetry.text).toBe(bobs.text);
  });

  test("may use it for another request", async () => {
    const key = newKey();
    await api.create(key, { as: "ann", payload: { name: "Ann's" } });

    const other = await api.create(key, { as: "bob", payload: { name: "Bob's" } });
    const elsewhere = await api.post(TRANSACTIONS, key, { as: "carl" });

    expect([other.status, elsewhere.status]).toEqual([201, 201]);
  });

  test("is not blocked while the first one's request runs", async () => {
    const key = newKey();
    const anns = api.create(key, { as: "ann", fault: "delay=4000" });
    await api.isRunning(key, { as: "ann" });

    const bobs = await api.create(key, { as: "bob" });

    expect(bobs.status).toBe(201);
    expect((await api.status(key, { as: "ann" })).json.status).toBe("PROCESSING");
    expect((await anns).status).toBe(201);
  });

  test("is told apart by the whole token", async () => {
    const key = newKey();
    await api.create(key, { as: "abc" });

    const others = await Promise.all(["ABC", "ab", "abcd", "abc="].map((as) => api.create(key, { as })));

    expect(others.some((answer) => answer.headers.has("Idempotent-Replayed"))).toBe(false);
    expect(await api.rows(key)).toHaveLength(5);
  });
});

describe("a credential", () => {
  test("is a bearer token, however the scheme is spelled", async () => {
    const key = newKey();
    const first = await api.create(key, { headers: { Authorization: "Bearer a-._~+/9==" } });

    const again = await api.create(key, { headers: { Authorization: "bearer a-._~+/9==" } });

    expect(first.status).toBe(201);
    expect(again.text).toBe(first.text);
  });

  test.each(["Bearer", "Bearer a b", "Bearer ä", "Basic YTpi", "abc"])(
    "is refused if it is %j, and the key stays free",
    async (Authorization) => {
      const key = newKey();

      const keyed = await api.create(key, { headers: { Authorization } });
      const read = await api.call(`${RESOURCES}/${newKey()}`, { headers: { Authorization } });

      for (const answer of [keyed, read]) {
        expect(answer.status).toBe(401);
        expect(answer.json).toMatchObject({ type: "/problems/unauthorized", retryable: false });
        expect(answer.headers.get("WWW-Authenticate")).toMatch(/^Bearer/);
      }
      expect((await api.create(key)).headers.has("Idempotent-Replayed")).toBe(false);
    },
  );
});

describe("what became of a key", () => {
  test("is told with every attempt and how it ended", async () => {
    const key = newKey();
    await api.create(key, { fault: "fail-before" });
    await api.create(key, { fault: "abort-after" });
    await api.create(key);

    const { history } = (await api.status(key)).json;

    expect(history.map(({ status, attempt }: Record<string, unknown>) => `${status} ${attempt}`)).toEqual([
      "PROCESSING 1",
      "FAILED 1",
      "PROCESSING 2",
      "PROCESSING 3",
      "COMPLETED 3",
    ]);
  });

  test.each([
    [RESOURCES, "create_resource"],
    [TRANSACTIONS, "create_transaction"],
    [AUDIT_LOG, "create_audit_log"],
  ] as const)("is told with all it has after %s", async (path, operation) => {
    const key = newKey();
    const started = Date.now();
    const made = await api.post(path, key);

    const { status, json } = await api.status(key);

    expect(status).toBe(200);
    expect(json).toEqual({
      idempotency_key: key,
      status: "COMPLETED",
      operation,
      attempts: 1,
      created_at: expect.stringMatching(/Z$/),
      updated_at: expect.stringMatching(/Z$/),
      expires_at: made.headers.get("X-Idempotency-Expires-At"),
      history: [
        { at: json.created_at, status: "PROCESSING", attempt: 1 },
        { at: json.updated_at, status: "COMPLETED", attempt: 1 },
      ],
    });
    expect(Date.parse(json.created_at)).toBeGreaterThanOrEqual(started);
    expect(Date.parse(json.updated_at)).toBeGreaterThanOrEqual(Date.parse(json.created_at));
    expect(Date.parse(json.updated_at)).toBeLessThanOrEqual(Date.now());
  });

  test("is PROCESSING while it runs, FAILED after that failed, and COMPLETED in the end", async () => {
    const key = newKey();
    const first = api.create(key, { fault: "delay=1000,fail-after" });
    await api.isRunning(key);

    const running = await api.status(key);
    await first;
    const failed = await api.status(key);
    await api.create(key);
    const completed = await api.status(key);

    expect(running.json).toMatchObject({ status: "PROCESSING", attempts: 1 });
    expect(failed.json).toMatchObject({ status: "FAILED", attempts: 1 });
    expect(completed.json).toMatchObject({ status: "COMPLETED", attempts: 2 });
    const { created_at, expires_at } = running.json;
    expect(failed.json).toMatchObject({ created_at, expires_at });
    expect(completed.json).toMatchObject({ created_at, expires_at });
  });

  test("is told for the key in either case", async () => {
    const key = newKey();
    await api.create(key);

    const { json } = await api.status(key.toUpperCase());

    expect(json.idempotency_key).toBe(key);
  });

  test("is the same for an unknown key, a foreign one and one that is none", async () => {
    const key = newKey();
    await api.create(key, { as: "ann" });

    const unknown = await api.status(newKey());
    const others = [await api.status(key), await api.status(key, { as: "bob" }), await api.status("none")];

    expect(unknown.status).toBe(404);
    expect(unknown.json.type).toBe("/problems/not-found");
    for (const other of others) {
      expect(other.status).toBe(404);
      expect(other.json).toEqual({ ...unknown.json, correlation_id: other.json.correlation_id });
      expect(names(other.headers)).toEqual(names(unknown.headers));
    }
  });

  test("can be asked without using the key", async () => {
    const key = newKey();
    await api.status(key);

    const first = await api.create(key);

    expect(first.status).toBe(201);
    expect(first.headers.has("Idempotent-Replayed")).toBe(false);
    expect((await api.status(key)).json.attempts).toBe(1);
  });
});

const names = (headers: Headers) => [...headers.keys()];
