// One key, and what each request that arrives with it gets.

import { describe, expect, test } from "vitest";
import { AUDIT_LOG, type Answer, newKey, RESOURCES, serve, TRANSACTIONS } from "../harness/client.ts";

const api = serve();

describe("the first request", () => {
  test("runs the operation once and tells how long its answer is kept", async () => {
    const key = newKey();

    const answer = await api.create(key, { payload: { name: "First" } });

    expect(answer.status).toBe(201);
    expect(answer.json).toMatchObject({ name: "First", idempotency_key: key });
    expect(answer.headers.get("X-Idempotency-Key")).toBe(key);
    expect(answer.headers.get("Cache-Control")).toBe("no-store");
    expect(answer.headers.has("Idempotent-Replayed")).toBe(false);
    expect(await api.rows(key)).toHaveLength(1);
  });

  test("lives for 24 hours, an audit entry for one", async () => {
    const started = Date.now();

    const resource = await api.create(newKey());
    const entry = await api.post(AUDIT_LOG, newKey());

    const ended = Date.now();
    for (const [answer, seconds] of [
      [resource, 86_400],
      [entry, 3_600],
    ] as const) {
      const expiresAt = answer.headers.get("X-Idempotency-Expires-At")!;
      expect(expiresAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
      expect(Date.parse(expiresAt) - seconds * 1000).toBeGreaterThanOrEqual(started);
      expect(Date.parse(expiresAt) - seconds * 1000).toBeLessThanOrEqual(ended);
    }
  });
});

describe("a retry after it completed", () => {
  test.each([RESOURCES, TRANSACTIONS, AUDIT_LOG] as const)(
    "gets the first answer of %s byte for byte, and is marked",
    async (path) => {
      const key = newKey();
      const first = await api.post(path, key);

      const retries = [await api.post(path, key), await api.post(path, key), await api.post(path, key)];

      expect(first.status).toBe(201);
      for (const retry of retries) {
        expect(retry.status).toBe(201);
        expect(retry.text).toBe(first.text);
        expect(retry.headers.get("Idempotent-Replayed")).toBe("true");
        expect(lasting(retry)).toEqual(lasting(first));
      }
    },
  );

  test("runs nothing", async () => {
    const key = newKey();
    await api.create(key);

    await Promise.all(Array.from({ length: 5 }, () => api.create(key)));

    expect(await api.rows(key)).toHaveLength(1);
    expect((await api.status(key)).json.attempts).toBe(1);
  });

  test("carries its own correlation id", async () => {
    const key = newKey();
    await api.create(key, { headers: { "X-Correlation-ID": "first" } });

    const retry = await api.create(key, { headers: { "X-Correlation-ID": "second" } });

    expect(retry.headers.get("X-Correlation-ID")).toBe("second");
  });
});

describe.concurrent("the same key with another request", () => {
  test("is refused for another payload, and the first answer stays", async () => {
    const key = newKey();
    const first = await api.create(key, { payload: { name: "One" } });

    const other = await api.create(key, { payload: { name: "Two" } });

    expect(other.status).toBe(400);
    expect(other.json.type).toBe("/problems/request-mismatch");
    expect(other.headers.get("X-Idempotency-Key")).toBe(key);
    expect(other.headers.has("Idempotent-Replayed")).toBe(false);
    expect((await api.create(key, { payload: { name: "One" } })).text).toBe(first.text);
    expect(await api.rows(key)).toHaveLength(1);
  });

  test("is refused for another path with a payload that both take", async () => {
    const key = newKey();
    const payload = { name: "n", amount: 1, description: "d", user_id: "u", action: "login", details: {} };
    await api.post(RESOURCES, key, { payload });

    const transaction = await api.post(TRANSACTIONS, key, { payload });
    const entry = await api.post(AUDIT_LOG, key, { payload });

    expect(transaction.json.type).toBe("/problems/request-mismatch");
    expect(entry.json.type).toBe("/problems/request-mismatch");
    expect(await api.rows(key, "transactions")).toHaveLength(0);
  });

  test("is refused with 422 where the standard's header is used", async () => {
    const key = newKey();
    await api.create(key, { standardKey: key, payload: { name: "One" } });

    const quoted = await api.create(key, { standardKey: `"${key}"`, payload: { name: "Two" } });
    const both = await api.create(key, {
      headers: { "Idempotency-Key": key, "X-Idempotency-Key": key },
      payload: { name: "Two" },
    });

    expect([quoted.status, both.status]).toEqual([422, 422]);
    expect(quoted.json).toMatchObject({ type: "/problems/request-mismatch", status: 422 });
  });

  test("is refused while the first runs, before it would be told of a conflict, and does not wait", async () => {
    const key = newKey();
    const first = api.create(key, { fault: "delay=3000", payload: { name: "One" } });
    await api.isRunning(key);

    const other = await api.create(key, { wait: 30, payload: { name: "Two" } });

    expect(other.json.type).toBe("/problems/request-mismatch");
    expect((await api.status(key)).json.status).toBe("PROCESSING");
    expect((await first).status).toBe(201);
    expect(await api.rows(key)).toMatchObject([{ name: "One" }]);
  });

  test("is refused after a failed attempt", async () => {
    const key = newKey();
    await api.create(key, { fault: "fail-before", payload: { name: "One" } });

    const other = await api.create(key, { payload: { name: "Two" } });

    expect(other.json.type).toBe("/problems/request-mismatch");
    expect(await api.rows(key)).toHaveLength(0);
  });
});

describe.concurrent("the same request while the first runs", () => {
  test("is told to come back", async () => {
    const key = newKey();
    const first = api.create(key, { fault: "delay=3000" });
    await api.isRunning(key);

    const second = await api.create(key);

    expect(second.status).toBe(409);
    expect(second.json).toMatchObject({ type: "/problems/operation-in-progress", retryable: true });
    expect(second.headers.get("Retry-After")).toMatch(/^[1-9]\d*$/);
    expect(second.headers.get("X-Idempotency-Key")).toBe(key);
    expect(second.headers.get("Cache-Control")).toBe("no-store");
    expect(second.headers.get("X-Idempotency-Expires-At")).toBe((await api.status(key)).json.expires_at);
    expect((await first).status).toBe(201);
    expect(await api.rows(key)).toHaveLength(1);
  });

  test("waits for the answer if it prefers to", async () => {
    const key = newKey();
    const first = api.create(key, { fault: "delay=3000" });
    await api.isRunning(key);

    const [one, other] = await Promise.all([api.create(key, { wait: 20 }), api.create(key, { wait: 25 })]);

    expect([one.status, other.status]).toEqual([201, 201]);
    expect(one.text).toBe((await first).text);
    expect(other.text).toBe(one.text);
    expect(one.headers.get("Idempotent-Replayed")).toBe("true");
  });

  test("waits no longer than it prefers to, and the first goes on", async () => {
    const key = newKey();
    const first = api.create(key, { fault: "delay=5000" });
    await api.isRunning(key);

    const second = await api.create(key, { wait: 1 });

    expect(second.status).toBe(409);
    expect((await first).status).toBe(201);
    expect((await api.create(key)).text).toBe((await first).text);
    expect(await api.rows(key)).toHaveLength(1);
  });

  test("runs itself if the attempt that it waits for fails", async () => {
    const key = newKey();
    const first = api.create(key, { fault: "delay=3000,fail-after" });
    await api.isRunning(key);

    const second = await api.create(key, { wait: 20 });

    expect((await first).status).toBe(503);
    expect(second.status).toBe(201);
    expect((await api.status(key)).json.attempts).toBe(2);
    expect(await api.rows(key)).toHaveLength(1);
  });
});

describe("the same request after a failed attempt", () => {
  test.each(["fail-before", "fail-after"])("runs again, and %s leaves one effect", async (fault) => {
    const key = newKey();
    const failed = await api.create(key, { fault });

    const retry = await api.create(key);

    expect(failed.status).toBe(503);
    expect(failed.json).toMatchObject({ type: "/problems/operation-failed", retryable: true });
    expect(failed.headers.get("Retry-After")).toMatch(/^[1-9]\d*$/);
    expect(retry.status).toBe(201);
    expect(retry.headers.has("Idempotent-Replayed")).toBe(false);
    expect((await api.status(key)).json).toMatchObject({ status: "COMPLETED", attempts: 2 });
    expect(await api.rows(key)).toHaveLength(1);
  });

  test("counts every attempt, and keeps what the first of them did", async () => {
    const key = newKey();
    await api.create(key, { fault: "fail-after" });
    const [made] = await api.rows(key);
    await api.create(key, { fault: "fail-after" });
    await api.create(key, { fault: "fail-before" });

    const retry = await api.create(key);

    expect(retry.json.id).toBe(made!.id);
    expect((await api.status(key)).json.attempts).toBe(4);
    expect(await api.rows(key)).toEqual([made]);
  });

  test("expires when it would have", async () => {
    const key = newKey();
    const failed = await api.create(key, { fault: "fail-before" });

    const retry = await api.create(key);

    const expiresAt = failed.headers.get("X-Idempotency-Expires-At");
    expect(expiresAt).not.toBeNull();
    expect(retry.headers.get("X-Idempotency-Expires-At")).toBe(expiresAt);
  });
});

/** The header fields that a replay has from the first answer. */
function lasting(answer: Answer) {
  const own = ["date", "x-correlation-id", "idempotent-replayed"];
  return [...answer.headers].filter(([name]) => !own.includes(name));
}
