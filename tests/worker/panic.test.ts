// Panics: whoever is under way in the instance is answered at once, and what was interrupted can be repeated.

import { describe, expect, test } from "vitest";
import { type Answer, newKey, serve } from "../harness/client.ts";

const api = serve();

/** The same service with no trouble: what still runs there would still run here. */
const calm = serve();

describe("a panic", () => {
  test("is answered, and the request can be repeated", async () => {
    const key = newKey();

    const lost = await api.create(key, { fault: "panic" });
    const retry = await api.create(key);

    expect(lost.status).toBe(503);
    expect(lost.json).toMatchObject({ type: "/problems/service-unavailable", retryable: true });
    expect(lost.headers.get("Retry-After")).toMatch(/^[1-9]\d*$/);
    expect(lost.headers.get("X-Idempotency-Key")).toBe(key);
    expect(lost.headers.get("X-Correlation-ID")).toBe(lost.json.correlation_id);
    expect(retry.status).toBe(201);
    expect((await api.status(key)).json).toMatchObject({ status: "COMPLETED", attempts: 2 });
    expect(await api.rows(key)).toHaveLength(1);
  });

  test("answers requests of other keys at once, not when they would have ended, and none is done twice", async () => {
    const keys = Array.from({ length: 5 }, newKey);
    const others = keys.map((key) => api.create(key, { fault: "delay=10000" }));
    await Promise.all(keys.map((key) => api.isRunning(key)));
    const twin = await runsInCalm("delay=10000");

    const lost = await api.create(newKey(), { fault: "panic" });
    const answers = [lost, ...(await Promise.all(others))];

    expect((await calm.status(twin)).json.status).toBe("PROCESSING");
    for (const { status, json } of answers)
      expect([status, json.type]).toEqual([503, "/problems/service-unavailable"]);
    for (const key of keys) expect(await api.rows(key)).toHaveLength(0);
    const retries = await Promise.all(keys.map((key) => api.create(key)));
    expect(retries.map(({ status }) => status)).toEqual(keys.map(() => 201));
    for (const key of keys) expect(await api.rows(key)).toHaveLength(1);
  });

  test("answers those that wait for the attempt it is in, or for another", async () => {
    const [key, other] = [newKey(), newKey()];
    const slow = api.create(other, { fault: "delay=10000" });
    const lost = api.create(key, { fault: "delay=3000,panic" });
    await Promise.all([key, other].map((key) => api.isRunning(key)));
    const twin = await runsInCalm("delay=10000");

    const waiting = await Promise.all([key, other].map((key) => api.create(key, { wait: 30 })));

    const answers = [await lost, await slow, ...waiting];
    expect((await calm.status(twin)).json.status).toBe("PROCESSING");
    expect(answers.map(({ status }) => status)).toEqual([503, 503, 503, 503]);
    for (const retried of [key, other]) expect((await api.create(retried)).status).toBe(201);
  });

  test("answers those that read", async () => {
    const first = await api.create(newKey());
    const key = newKey();
    const lost = api.create(key, { fault: "delay=500,panic" });
    const isOver = lost.then(() => true);
    const reads: Answer[] = [];
    const read = async () => {
      do reads.push(await api.call(first.headers.get("Location")!), await api.status(key));
      while (!(await Promise.race([isOver, false])));
    };

    await Promise.all([read(), read(), read(), read()]);

    expect((await lost).status).toBe(503);
    for (const { status, text } of reads) expect([200, 404, 503], text).toContain(status);
    expect((await api.call(first.headers.get("Location")!)).text).toBe(first.text);
  });

  test("of many at once leaves a service that works", async () => {
    const keys = Array.from({ length: 10 }, newKey);

    const lost = await Promise.all(keys.map((key) => api.create(key, { fault: "panic" })));
    const retries = await Promise.all(keys.map((key) => api.create(key)));

    expect(lost.map(({ status }) => status)).toEqual(keys.map(() => 503));
    expect(retries.map(({ status }) => status)).toEqual(keys.map(() => 201));
    for (const key of keys) expect(await api.rows(key)).toHaveLength(1);
  });

  test("is reported once, with its message, its place and its stack", async () => {
    const before = api.server.noise.length;
    const others = [newKey(), newKey()].map((key) => api.create(key, { fault: "delay=10000" }));
    const key = newKey();
    const lost = api.create(key, { fault: "delay=500,panic" });
    await api.isRunning(key);
    await Promise.all([lost, ...others]);

    await api.create(newKey(), { headers: { "X-Correlation-ID": "after-the-panic" } });

    await api.logged({ correlation_id: "after-the-panic" });
    const [report, ...rest] = api.server.noise.slice(before);
    expect(report).toMatch(
      /^panicked at crates\/edge\/src\/coordinator\/attempt\.rs:\d+:\d+:\na panic was asked for\n/,
    );
    expect(report).toMatch(/\n\s+at .*wasm/);
    expect(rest).toEqual([]);
  });

  test("does not forget answers that were given before", async () => {
    const key = newKey();
    const first = await api.create(key);
    await api.create(newKey(), { fault: "panic" });

    const retry = await api.create(key);

    expect(retry.text).toBe(first.text);
    expect(retry.headers.get("Idempotent-Replayed")).toBe("true");
  });
});

/** Starts an attempt where nothing goes wrong. Returns its key as soon as it runs. */
async function runsInCalm(fault: string): Promise<string> {
  const key = newKey();
  // Nobody waits for its end: it may come after the service's.
  calm.create(key, { fault }).catch(() => {});
  await calm.isRunning(key);
  return key;
}
