// Many requests at once, of one key and of many.

import { describe, expect, test } from "vitest";
import { type Answer, newKey, serve } from "../harness/client.ts";

const api = serve();

describe("a hundred identical requests at once", () => {
  test("have one effect, and each gets its answer or is told to come back", async () => {
    const key = newKey();

    const answers = await Promise.all(times(100, () => api.create(key, { fault: "delay=1000" })));

    const made = answers.filter(({ status }) => status === 201);
    const refused = answers.filter(({ status }) => status === 409);
    expect(made.length + refused.length).toBe(100);
    expect(made.filter(({ headers }) => !headers.has("Idempotent-Replayed"))).toHaveLength(1);
    expect(texts(made).size).toBe(1);
    expect(refused.length).toBeGreaterThan(0);
    for (const { json } of refused) expect(json.type).toBe("/problems/operation-in-progress");
    expect(await api.rows(key)).toMatchObject([{ id: made[0]!.json.id }]);
    expect((await api.status(key)).json.attempts).toBe(1);
  });

  test("are all answered with it if they prefer to wait", async () => {
    const key = newKey();

    const answers = await Promise.all(times(100, () => api.create(key, { fault: "delay=500", wait: 30 })));

    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
    expect(answers.filter(({ headers }) => !headers.has("Idempotent-Replayed"))).toHaveLength(1);
    expect(texts(answers).size).toBe(1);
    expect(await api.rows(key)).toHaveLength(1);
  });

  test("have one effect also if the first attempts fail after it", async () => {
    const key = newKey();

    const answers = await Promise.all([
      ...times(5, () => api.create(key, { fault: "delay=100,fail-after", wait: 30 })),
      ...times(95, () => api.create(key, { wait: 30 })),
    ]);

    const made = answers.filter(({ status }) => status === 201);
    expect(made.length).toBeGreaterThanOrEqual(95);
    expect(texts(made).size).toBe(1);
    expect(await api.rows(key)).toHaveLength(1);
  });

  test("and as many with another payload: whoever is first has the key", async () => {
    const key = newKey();

    const [ones, others] = await Promise.all([
      Promise.all(times(50, () => api.create(key, { payload: { name: "one" }, wait: 30 }))),
      Promise.all(times(50, () => api.create(key, { payload: { name: "other" }, wait: 30 }))),
    ]);

    const rows = await api.rows(key);
    const [winners, losers] = rows[0]!.name === "one" ? [ones, others] : [others, ones];
    expect(rows).toHaveLength(1);
    expect(winners.every(({ status }) => status === 201)).toBe(true);
    expect(texts(winners).size).toBe(1);
    expect(losers.every(({ json }) => json.type === "/problems/request-mismatch")).toBe(true);
  });
});

describe("many keys at once", () => {
  test("have one effect each", async () => {
    const keys = times(50, newKey);

    const pairs = await Promise.all(
      keys.map(async (key) => [await api.create(key), await api.create(key)] as const),
    );

    for (const [first, retry] of pairs) {
      expect([first.status, retry.status]).toEqual([201, 201]);
      expect(retry.text).toBe(first.text);
    }
    const rows = await Promise.all(keys.map((key) => api.rows(key)));
    expect(rows.map((made) => made.length)).toEqual(keys.map(() => 1));
  });

  test("do not wait for one that is slow", async () => {
    const slow = newKey();
    const running = api.create(slow, { fault: "delay=4000" });
    await api.isRunning(slow);

    const others = await Promise.all(times(10, () => api.create(newKey())));

    expect((await api.status(slow)).json.status).toBe("PROCESSING");
    expect(others.every(({ status }) => status === 201)).toBe(true);
    expect((await running).status).toBe(201);
  });
});

describe.concurrent("a client that goes away", () => {
  test("finds the answer when it comes back", async () => {
    const key = newKey();
    const gone = new AbortController();
    const first = api.create(key, { fault: "delay=1000", signal: gone.signal }).catch((error) => error);
    await api.isRunning(key);
    gone.abort();

    const retry = await api.create(key, { wait: 30 });

    expect((await first).name).toBe("AbortError");
    expect(retry.status).toBe(201);
    expect((await api.status(key)).json).toMatchObject({ status: "COMPLETED", attempts: 1 });
    expect(await api.rows(key)).toHaveLength(1);
  });

  test("does not take the answer from another that waits for it", async () => {
    const key = newKey();
    const gone = new AbortController();
    const first = api.create(key, { fault: "delay=2000", signal: gone.signal }).catch((error) => error);
    await api.isRunning(key);
    const waiting = api.create(key, { wait: 30 });
    const alsoGone = api.create(key, { wait: 30, signal: gone.signal }).catch((error) => error);
    gone.abort();

    const answer = await waiting;

    expect((await first).name).toBe("AbortError");
    expect((await alsoGone).name).toBe("AbortError");
    expect(answer.status).toBe(201);
    expect(await api.rows(key)).toHaveLength(1);
  });
});

function times<T>(count: number, make: () => T): T[] {
  return Array.from({ length: count }, make);
}

const texts = (answers: Answer[]) => new Set(answers.map(({ text }) => text));
