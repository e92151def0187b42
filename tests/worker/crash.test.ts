// Crashes: whatever dies, the client is answered, no key is stuck, and nothing is done twice.

import { describe, expect, test } from "vitest";
import { AUDIT_LOGS, newKey, serve, TRANSACTIONS } from "../harness/client.ts";

const api = serve();

describe("an object that is reset", () => {
  test.each(["abort-before", "abort-after"])(
    "by %s leaves one effect once the request is repeated",
    async (fault) => {
      const key = newKey();
      const lost = await api.create(key, { fault });

      const retry = await api.create(key);

      expect(lost.status).toBe(503);
      expect(lost.json).toMatchObject({ type: "/problems/service-unavailable", retryable: true });
      expect(retry.status).toBe(201);
      expect((await api.status(key)).json).toMatchObject({ status: "COMPLETED", attempts: 2 });
      expect(await api.rows(key)).toMatchObject([{ id: retry.json.id }]);
    },
  );

  test("again and again leaves one effect", async () => {
    const key = newKey();
    for (const fault of ["abort-after", "abort-before", "abort-after"]) {
      await api.post(TRANSACTIONS, key, { fault });
    }

    const retry = await api.post(TRANSACTIONS, key);

    expect(retry.status).toBe(201);
    expect((await api.status(key)).json.attempts).toBe(4);
    expect(await api.rows(key, "transactions")).toMatchObject([{ id: retry.json.id }]);
  });

  test("does not strand those that wait for it", async () => {
    const key = newKey();
    const first = api.create(key, { fault: "delay=1000,abort-after" });
    await api.isRunning(key);

    const waiting = await api.create(key, { wait: 30 });

    expect((await first).status).toBe(503);
    expect([201, 503]).toContain(waiting.status);
    expect((await api.create(key)).status).toBe(201);
    expect(await api.rows(key)).toHaveLength(1);
  });

  test.each(["abort-before", "abort-after"])("by %s has FAILED: the next request runs", async (fault) => {
    const key = newKey();

    await api.create(key, { fault });

    expect((await api.status(key)).json).toMatchObject({ status: "FAILED", attempts: 1 });
  });

  test("still refuses another payload", async () => {
    const key = newKey();
    await api.create(key, { fault: "abort-before", payload: { name: "One" } });

    const other = await api.create(key, { payload: { name: "Two" } });

    expect(other.json.type).toBe("/problems/request-mismatch");
    expect(await api.rows(key)).toHaveLength(0);
  });
});

describe("the death of the runtime", () => {
  test("while a request runs leaves one effect once the request is repeated", async () => {
    const key = newKey();
    const first = api.create(key, { fault: "delay=10000" });
    const lost = first.then(
      ({ status }) => status,
      (error: Error) => error.name,
    );
    await api.isRunning(key);
    await api.server.kill();

    const retry = await api.create(key);

    expect(await lost).not.toBe(201);
    expect(retry.status).toBe(201);
    expect((await api.status(key)).json).toMatchObject({ status: "COMPLETED", attempts: 2 });
    expect(await api.rows(key)).toHaveLength(1);
  });

  test("after the effect and before the answer is kept leaves that effect", async () => {
    const key = newKey();
    await api.create(key, { fault: "abort-after" });
    const [made] = await api.rows(key);
    await api.server.kill();

    const retry = await api.create(key);

    expect(retry.json.id).toBe(made!.id);
    expect(await api.rows(key)).toEqual([made]);
  });

  test("with many requests under way leaves each of them done once", async () => {
    const keys = Array.from({ length: 20 }, newKey);
    const delays = keys.map((_, n) => (n < 19 ? n * 50 : 10_000));
    const lost = keys.map((key, n) =>
      api.create(key, { fault: `delay=${delays[n]}` }).catch(() => undefined),
    );
    await api.isRunning(keys[19]!);
    await api.server.kill();
    await Promise.all(lost);

    const retries = await Promise.all(keys.map((key) => api.create(key)));

    expect(retries.map(({ status }) => status)).toEqual(keys.map(() => 201));
    for (const key of keys) expect(await api.rows(key)).toHaveLength(1);
  });

  test("does not forget answers that were given before", async () => {
    const key = newKey();
    const first = await api.create(key);
    await api.server.kill();

    const retry = await api.create(key);

    expect(retry.status).toBe(201);
    expect(retry.text).toBe(first.text);
    expect(retry.headers.get("Idempotent-Replayed")).toBe("true");
    expect(await api.rows(key)).toHaveLength(1);
  });
});

describe("a database that does not answer as it should", () => {
  test("is told of as a failed attempt, and the request can be repeated once it is well", async () => {
    const key = newKey();
    await api.server.store.without("resources", async () => {
      const failed = await api.create(key);

      expect(failed.status).toBe(503);
      expect(failed.json).toMatchObject({ type: "/problems/operation-failed", retryable: true });
      expect(failed.text).not.toMatch(/table|SQL|D1/);
    });

    const retry = await api.create(key);

    expect(retry.status).toBe(201);
    expect((await api.status(key)).json.attempts).toBe(2);
    expect(await api.rows(key)).toHaveLength(1);
  });

  test("is told of to who reads, and to who has an answer already it does not matter", async () => {
    const key = newKey();
    const first = await api.create(key);

    const [read, list, replay] = await api.server.store.without("resources", () =>
      api.server.store.without("audit_log", async () => [
        await api.call(first.headers.get("Location")!),
        await api.call(AUDIT_LOGS),
        await api.create(key),
      ]),
    );

    for (const answer of [read!, list!]) {
      expect(answer.status).toBe(503);
      expect(answer.json).toMatchObject({ type: "/problems/service-unavailable", retryable: true });
      expect(answer.headers.get("Retry-After")).toMatch(/^[1-9]\d*$/);
      expect(answer.text).not.toMatch(/table|SQL|D1/);
    }
    expect(replay!.text).toBe(first.text);
  });
});
