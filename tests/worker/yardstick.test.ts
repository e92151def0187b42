// J, against which the bench holds this service, does the work that it is said to do: otherwise it would be no yardstick.

import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type Api, startApi } from "../../bench/api.ts";
import { makeCallers } from "../../bench/callers.ts";
import { RESOURCE } from "../../bench/cases.ts";
import { type Contender, ROOT, start } from "../../bench/contender.ts";
import { plainFor, workersOf } from "../../bench/workers.ts";
import { newKey } from "../harness/client.ts";

let api: Api;
let plain: Contender;
let key: string;

beforeAll(async () => {
  api = await startApi((await makeCallers()).key);
  const { schema } = (await workersOf(ROOT, api.url)).ours;
  plain = await start(plainFor("ours", ROOT, api.url, schema));
});

afterAll(async () => {
  await plain?.stop();
  api?.stop();
});

beforeEach(() => {
  key = newKey();
});

test("each of its operations makes one row, which every retry gets", async () => {
  const contents = {
    resources: [RESOURCE.path, RESOURCE.content],
    transactions: ["/api/v1/operations/transactions", '{"amount":9.5,"currency":"USD","description":"x"}'],
    audit_log: ["/api/audit/log", '{"user_id":"u1","action":"login"}'],
  } as const;
  for (const [table, [path, content]] of Object.entries(contents)) {
    key = newKey();
    const [first, again] = [await post(path, content), await post(path, content)];

    expect([first.status, again.status]).toEqual([201, 201]);
    expect(first.replayed).toBe(null);
    expect(again.replayed).toBe("true");
    expect(again.text).toBe(first.text);
    const { results } = await plain.db.prepare(`SELECT count(*) AS rows FROM ${table}`).all();
    expect(results).toEqual([{ rows: 1 }]);
  }
});

test("another request with the key is refused, and so is one while the first runs", async () => {
  const [running, meanwhile] = await Promise.all([
    post(RESOURCE.path, RESOURCE.content, { "X-Fault": "delay=1500" }),
    untilItRuns().then(() => post(RESOURCE.path, RESOURCE.content)),
  ]);
  const other = await post(RESOURCE.path, '{"name":"Another"}');

  expect([running.status, meanwhile.status, other.status]).toEqual([201, 409, 400]);
});

test("without a valid key nothing is done", async () => {
  key = "not-a-uuid";

  expect((await post(RESOURCE.path, RESOURCE.content)).status).toBe(400);
});

test("a completed answer is copied into KV", async () => {
  await post(RESOURCE.path, RESOURCE.content);

  const { keys } = await (await plain.kv()).list();
  expect(keys.some(({ name }) => name.endsWith(key))).toBe(true);
});

test("in front of an API, the API's answer is kept", async () => {
  const [first, again] = [await post("/orders", "{}"), await post("/orders", "{}")];

  expect([first.status, again.status, again.replayed]).toEqual([201, 201, "true"]);
  expect(again.text).toBe(first.text);
});

async function post(path: string, body: string, headers: Record<string, string> = {}) {
  const response = await fetch(`http://127.0.0.1:${plain.port}${path}`, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-Idempotency-Key": key, ...headers },
    body,
  });
  const replayed = response.headers.get("Idempotent-Replayed");
  return { status: response.status, replayed, text: await response.text() };
}

async function untilItRuns() {
  const url = `http://127.0.0.1:${plain.port}/api/v1/operations/idempotency/${key}`;
  const status = async () => ((await (await fetch(url)).json()) as { status: unknown }).status;
  await expect.poll(status, { timeout: 5000 }).toBe("PROCESSING");
}
