// Stores that operations write to beside D1: they go away and come back, let others wait, and keep what they are given.

import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { kills } from "../chaos/kills.ts";
import {
  AUDIT_LOG,
  AUDIT_LOGS,
  Client,
  eventually,
  newKey,
  RESOURCES,
  TRANSACTIONS,
} from "../harness/client.ts";
import { startServer } from "../harness/server.ts";
import { kindOf, STORE } from "../harness/stores/index.ts";
import type { OwnStore } from "../harness/stores/store.ts";

const api = new Client();
let store: OwnStore;
beforeAll(async () => {
  store = await kindOf(STORE!).openOwn();
  const variables = { FAULT_INJECTION: "on", ATTEMPT_DEADLINE_SECONDS: "3" };
  api.server = await startServer(variables, { store });
});
afterAll(() => api.server.stop());

describe("a store that has gone away", () => {
  test("leaves the key free, and the request can be repeated once it is back", async () => {
    const key = newKey();
    await store.crash();
    const failed = [await api.create(key), await api.create(key)];
    await store.recover();

    const retry = await api.create(key);

    for (const answer of failed) {
      expect(answer.status).toBe(503);
      expect(answer.json).toMatchObject({ type: "/problems/operation-failed", retryable: true });
      expect(answer.text).not.toMatch(/table|SQL|socket|network|ECONN|127\.0\.0\.1/i);
    }
    expect(retry.status).toBe(201);
    expect((await api.status(key)).json).toMatchObject({ status: "COMPLETED", attempts: 3 });
    expect(await api.rows(key)).toMatchObject([{ id: retry.json.id }]);
  });

  test("is told of to who reads, and to who has an answer already it does not matter", async () => {
    const key = newKey();
    const first = await api.create(key);
    await store.crash();

    const [read, list, replay] = [
      await api.call(first.headers.get("Location")!),
      await api.call(AUDIT_LOGS),
      await api.create(key),
    ];
    await store.recover();
    const again = await api.call(first.headers.get("Location")!);

    for (const answer of [read, list]) {
      expect(answer.status).toBe(503);
      expect(answer.json).toMatchObject({ type: "/problems/service-unavailable", retryable: true });
    }
    expect(replay.text).toBe(first.text);
    expect(again.json).toEqual(first.json);
  });

  test("in the middle of many requests loses none of them, and none is done twice", async () => {
    const keys = Array.from({ length: 60 }, newKey);
    const sent = keys.map((key, n) => api.create(key, { fault: `delay=${n * 40}` }));
    // A slow machine may have time-outs first.
    await Promise.any(sent.map((answer) => answer.then(({ status }) => status === 201 || Promise.reject())));
    await store.crash();
    const answers = await Promise.all(sent);
    await store.recover();

    const retries = await Promise.all(keys.map((key) => api.create(key)));

    const statuses = new Set(answers.map(({ status }) => status));
    expect(statuses).toEqual(new Set([201, 503]));
    expect(retries.map(({ status }) => status)).toEqual(keys.map(() => 201));
    for (const [n, key] of keys.entries()) {
      expect(await api.rows(key)).toMatchObject([{ id: retries[n]!.json.id }]);
      if (answers[n]!.status === 201) expect(retries[n]!.text).toBe(answers[n]!.text);
    }
  });
});

describe("a write that takes longer than its attempt may", () => {
  test("is timed out, and counts: a retry is answered with its row", async () => {
    const key = newKey();
    const rows = () => api.rows(key);

    const [late, during] = await store.hold("resources", async () => [
      await api.create(key),
      (await api.status(key)).json,
    ]);
    await eventually(async () => (await rows()).length > 0);
    const [written] = await rows();
    const retry = await api.create(key);

    expect(late!.status).toBe(503);
    expect(during).toMatchObject({ status: "FAILED", attempts: 1 });
    expect(retry.status).toBe(201);
    expect(retry.json.id).toBe(written!["id"]);
    expect(await rows()).toHaveLength(1);
  });

  test("is met by its own retry: both write, and there is one row", async () => {
    const key = newKey();

    const retry = await store.hold("resources", async () => {
      await api.create(key);
      // It waits for the same table.
      return { answer: api.create(key) };
    });

    expect((await retry.answer).status).toBe(201);
    expect(await api.rows(key)).toMatchObject([{ id: (await retry.answer).json.id }]);
  });
});

describe("what is stored", () => {
  test.each([
    "0.10",
    "100000.00",
    "1234567890123456789012345.678",
    "0.0000000000000000000000000001",
    "9999999999999999999999999999",
  ])("has the amount %s to the digit", async (amount) => {
    const payload = `{"amount": ${amount}, "currency": "XAU", "description": "gold"}`;

    const made = await api.post(TRANSACTIONS, newKey(), { payload });
    const read = await api.call(made.headers.get("Location")!);

    expect(made.text).toContain(`"amount":${amount},`);
    expect(read.text).toBe(made.text);
  });

  test.each([
    "a\u0000b",
    "\u0000",
    "\uffff",
    "\uffff0",
    "\u0000\uffff\uffff0",
    "\ufffe ☃ 𝄞 \u0001",
    "'; --\\",
  ])("has the text %j as it was sent", async (text) => {
    const as = `texts-${[...text].map((character) => character.codePointAt(0)).join("-")}`;
    const payload = { name: text, description: text, metadata: { text } };
    const entry = { user_id: text, action: "login", details: { text } };

    const made = await api.post(RESOURCES, newKey(), { as, payload });
    const read = await api.call(made.headers.get("Location")!, { as });
    const entered = await api.post(AUDIT_LOG, newKey(), { as, payload: entry });
    const found = await api.call(`${AUDIT_LOGS}?user_id=${encodeURIComponent(text)}`, { as });

    expect(made.json).toMatchObject(payload);
    expect(read.text).toBe(made.text);
    expect(found.json).toEqual([entered.json]);
  });

  test("has users with names that are longer than what an index takes, and lists them", async () => {
    const as = newKey();
    // Texts that repeat themselves would be compressed. A query takes up to 2,048 bytes.
    const users = [2000, 5000].map((length) => Array.from({ length }, () => crypto.randomUUID()[0]).join(""));

    const entered = [];
    for (const user_id of users)
      entered.unshift(
        await api.post(AUDIT_LOG, newKey(), { as, payload: { user_id, action: "login", details: {} } }),
      );
    const all = await api.call(AUDIT_LOGS, { as });
    const found = await api.call(`${AUDIT_LOGS}?user_id=${users[0]}`, { as });

    expect(entered.map(({ status }) => status)).toEqual([201, 201]);
    expect(all.json).toEqual(entered.map(({ json }) => json));
    expect(found.json).toEqual([entered[1]!.json]);
  });

  test("has JSON digit for digit and in its order", async () => {
    const metadata = '{"z":1.50,"a":12345678901234567890,"e":1E400,"n":[1,{"é":"\\u0000"}],"b":-0.0}';

    const made = await api.post(RESOURCES, newKey(), { payload: `{"name": "n", "metadata": ${metadata}}` });
    const read = await api.call(made.headers.get("Location")!);

    expect(made.status).toBe(201);
    expect(made.text).toContain(`"metadata":${metadata}`);
    expect(read.text).toBe(made.text);
  });

  test("has times in UTC, to the millisecond", async () => {
    const before = Date.now();
    const made = await api.post(RESOURCES, newKey());
    const read = await api.call(made.headers.get("Location")!);

    const created = Date.parse(made.json.created_at);
    expect(made.json.created_at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(created).toBeGreaterThanOrEqual(before);
    expect(created).toBeLessThanOrEqual(Date.now());
    expect(read.text).toBe(made.text);
  });
});

test("the longest body that there may be is stored, with all that is added to it", async () => {
  const { maxContentBytes = 1_048_576 } = kindOf(STORE!);
  const other = await another("MAX_CONTENT_BYTES", `${maxContentBytes}`);
  const payload = auditEntry(maxContentBytes);
  const headers = { "User-Agent": "a".repeat(8000), "X-Correlation-ID": "c".repeat(128) };

  const made = await other.post(AUDIT_LOG, newKey(), { payload, headers });
  const [found] = (await other.call(`${AUDIT_LOGS}?limit=2`)).json;

  expect(payload).toHaveLength(maxContentBytes);
  expect(made.status).toBe(201);
  expect(found.details).toEqual(JSON.parse(payload).details);
});

test.each(kindOf(STORE!).wrong ?? [])(
  "a variable that the store cannot work with is refused by its name: %s=%j",
  async (name, value) => {
    const other = await another(name, value);
    const key = newKey();

    const answers = [await other.create(key), await other.call("/health")];

    for (const answer of answers) {
      expect(answer.status).toBe(503);
      expect(answer.json).toMatchObject({ type: "/problems/service-unavailable" });
      expect(answer.json.detail).toContain(`${name} must be `);
    }
    expect(await other.rows(key)).toHaveLength(0);
  },
);

test("a caller's rows are deleted by an operator, and nobody else's", async () => {
  const made = async (as: string) => {
    const [resource, transaction] = [newKey(), newKey()];
    const answers = [
      await api.create(resource, { as }),
      await api.post(TRANSACTIONS, transaction, { as }),
      await api.post(AUDIT_LOG, newKey(), { as }),
    ];
    const [row] = await api.rows(resource);
    const places = answers.flatMap(({ headers }) => headers.get("Location") ?? []);
    return { as, caller: row!["caller"] as string, keys: [resource, transaction], places };
  };
  const seenBy = async ({ as, places }: Awaited<ReturnType<typeof made>>) => {
    const reads = await Promise.all(places.map((place) => api.call(place, { as })));
    return [...reads.map(({ status }) => status), (await api.call(AUDIT_LOGS, { as })).json.length];
  };
  const [leaving, staying] = [await made("leaving"), await made("staying")];
  const rows = store.rowsOf(leaving.caller);
  onTestFinished(() => rows.close());

  const keys = await rows.keys();
  const deleted = [await rows.remove(), await rows.remove()];

  expect(keys.sort()).toEqual(leaving.keys.sort());
  expect(deleted).toEqual([3, 0]);
  expect(await seenBy(leaving)).toEqual([404, 404, 0]);
  expect(await seenBy(staying)).toEqual([200, 200, 1]);
});

test("kills between effect and completion double no effect and lose none", async () => {
  const killed = await kills(api, 80);

  expect(killed).toMatchObject({ doubles: 0, lost: 0, wrong: 0 });
  expect(killed.kills).toBeGreaterThanOrEqual(80);
  expect(killed.runtimes).toBeGreaterThanOrEqual(2);
});

/** A server of the same store with another value of one variable. */
async function another(name: string, value: string): Promise<Client> {
  const client = new Client();
  const env = { ...store.env, [name]: { type: "text" as const, value } };
  client.server = await startServer({}, { store: { ...store, env, stop: async () => {} } });
  onTestFinished(() => client.server.stop());
  return client;
}

/** An entry in so many bytes, none of whose texts is too long for JSON that is accepted. */
function auditEntry(bytes: number): string {
  const [head, tail] = ['{"user_id":"u","action":"login","details":{"a":["', '"]}}'];
  const texts = "x".repeat(bytes - head.length - tail.length);
  return head + texts.replace(/x{60000}/g, `${"x".repeat(59_997)}","`) + tail;
}
