// Where replays come from: the isolate's memory, the object, and KV where the object is slow or away.

import { describe, expect, test } from "vitest";
import { type Answer, type Call, eventually, newKey, RESOURCES, serve } from "../harness/client.ts";
import { copyName, forget, objectName, redigested, rewrite, sealed } from "../harness/objects.ts";

const api = serve();
const EXPIRES_AT = /(?<="expires_at":)\d+/;
const REPLAYED = "Returning cached result";

describe("a replay", () => {
  test("comes from memory in the isolate that answered first", async () => {
    const key = newKey();
    await api.create(key);

    await api.create(key);

    const [line] = await api.logged({ message: REPLAYED, idempotency_key: key });
    expect(line!.source).toBe("memory");
  });

  test("comes from the object when the isolate is another, and from memory after that", async () => {
    const key = newKey();
    const first = await api.create(key);
    await api.server.kill();

    const replays = [await api.create(key), await api.create(key)];

    for (const replay of replays) expectReplay(replay, first);
    await eventually(() => sources(key).length === 2);
    expect(sources(key)).toEqual(["object", "memory"]);
  });

  test("is not given to another request, nor to one that is refused", async () => {
    const key = newKey();
    await api.create(key);

    const other = await api.create(key, { payload: { name: "another" } });
    const refused = await api.create(key, { payload: {} });

    expect(other.json.type).toBe("/problems/request-mismatch");
    expect(refused.json.type).toBe("/problems/validation-failed");
  });
});

// An object that has lost its record, and then runs or dies: nothing else makes one slow or unreachable here.
describe("a replay from KV", () => {
  test.each([
    ["is slow", "delay=10000"],
    ["cannot be reached", "abort-before"],
  ])("comes when the object %s", async (_, fault) => {
    const key = newKey();
    const first = await api.create(key);
    await copied(key);
    await api.server.restart(() => forget(api.server, objectName(key)));

    const replay = await api.create(key, { fault });

    expectReplay(replay, first);
    await eventually(() => sources(key).length > 0);
    expect(sources(key)).toEqual(["kv"]);
  });

  test("is not given to another request or to another caller", async () => {
    const key = newKey();
    await api.create(key, { as: "ann" });
    await copied(key, "ann");
    await api.server.restart(() => forget(api.server, objectName(key, "ann")));

    const [other, bobs] = await Promise.all([
      api.create(key, { as: "ann", payload: { name: "another" }, fault: "abort-before" }),
      api.create(key, { as: "bob", fault: "delay=1500" }),
    ]);

    expect(other.json.type).toBe("/problems/request-mismatch");
    expect(bobs.status).toBe(201);
    expect(bobs.headers.has("Idempotent-Replayed")).toBe(false);
  });
});

describe("the copy in KV", () => {
  test("ends when the answer does, to the second", async () => {
    const key = newKey();
    const first = await api.create(key);

    const expiration = await copied(key);

    const expiresAt = Date.parse(first.headers.get("X-Idempotency-Expires-At")!);
    expect(expiration).toBe(Math.ceil(expiresAt / 1000));
  });

  test("is made once, by the first request", async () => {
    const key = newKey();
    await api.create(key);
    await copied(key);
    const kv = await api.server.kv();
    await kv.delete(copyName(key));

    await api.create(key);
    await api.server.kill();
    await api.create(key);
    const later = newKey();
    await api.create(later);
    await copied(later);

    expect(await (await api.server.kv()).get(copyName(key))).toBeNull();
  });

  test("is not made of an attempt that failed", async () => {
    const [key, later] = [newKey(), newKey()];
    await api.create(key, { fault: "fail-after" });
    await api.create(later);

    await copied(later);

    expect(await (await api.server.kv()).get(copyName(key))).toBeNull();
  });

  test("is not looked at by a first request: the object decides", async () => {
    const key = newKey();
    const old = await api.create(key);
    await copied(key);
    await api.server.restart(() => forget(api.server, objectName(key)));

    const first = await api.create(key);

    expect(first.status).toBe(201);
    expect(first.json.id).not.toBe(old.json.id);
    expect(first.headers.has("Idempotent-Replayed")).toBe(false);
  });
});

describe.concurrent("what KV holds for a key", () => {
  const status = /(?<="status":)\{"name".*\}(?=\}\})/;
  const notCompleted = (record: string) => record.replace(status, '{"name":"FAILED"}');

  test("is a sealed record, and a client is answered with it when the object is away", async () => {
    const { copy, theRecord } = await copyOf();
    const key = newKey();
    const kv = await api.server.kv();
    await kv.put(copyName(key), sealed(key, theRecord));

    const answer = await api.create(key, { fault: "abort-before" });

    expect(sealed(copy.key, theRecord)).toBe(copy.text);
    expect(answer.headers.get("Idempotent-Replayed")).toBe("true");
  });

  test.each<[string, (key: string, copy: string, record: string) => string]>([
    ["is empty", () => ""],
    ["is something else", () => "\u0000 nonsense"],
    ["is another key's copy", (_, copy) => copy],
    ["was cut", (key, _, record) => sealed(key, record).slice(0, -1)],
    ["was changed", (key, _, record) => sealed(key, record).replace("Lathe", "Press")],
    ["is of another release", (key, _, record) => sealed(key, record.replace('"version":2', '"version":9'))],
    [
      "has expired",
      (key, _, record) => sealed(key, redigested(record.replace(EXPIRES_AT, `${Date.now() - 1000}`))),
    ],
    ["is not completed", (key, _, record) => sealed(key, redigested(notCompleted(record)))],
  ])("changes nothing if it %s", async (_, spoil) => {
    const { copy, theRecord } = await copyOf();
    const [slow, away] = [newKey(), newKey()];
    const kv = await api.server.kv();
    for (const key of [slow, away]) await kv.put(copyName(key), spoil(key, copy.text, theRecord));

    const [made, lost] = await Promise.all([
      api.create(slow, { fault: "delay=2000" }),
      api.create(away, { fault: "abort-before" }),
    ]);
    const retry = await api.create(away);

    expect(made.status).toBe(201);
    expect(made.headers.has("Idempotent-Replayed")).toBe(false);
    expect(lost.json.type).toBe("/problems/service-unavailable");
    expect(retry.status).toBe(201);
    for (const key of [slow, away]) expect(await api.rows(key)).toHaveLength(1);
  });

  /** What KV holds after some request, and the record in it. */
  async function copyOf() {
    const key = newKey();
    await api.create(key);
    await copied(key);
    const text = (await (await api.server.kv()).get(copyName(key), "text"))!;
    return { copy: { key, text }, theRecord: text.slice(text.indexOf("\n") + 1) };
  }
});

describe("the copy of a record that has expired, beside its key's next record", () => {
  test.each([
    ["the same request", {}],
    ["another request", { payload: { name: "another" } }],
  ])("answers nobody with %s, whether the object is slow or away", async (_, next) => {
    const [slow, away] = [newKey(), newKey()];
    for (const key of [slow, away]) await isUsedAgain(key, next);

    const [made, lost] = await Promise.all([
      api.create(slow, { ...next, fault: "delay=2000" }),
      api.create(away, { ...next, fault: "abort-before" }),
    ]);
    const retry = await api.create(away, next);

    for (const { status, headers } of [made, retry])
      expect([status, headers.get("Idempotent-Replayed")]).toEqual([201, null]);
    expect(lost.json.type).toBe("/problems/service-unavailable");
    for (const key of [slow, away]) expect(await api.rows(key)).toHaveLength(2);
  });

  test("does not take the place of that record's answer", async () => {
    const key = newKey();
    const old = await isUsedAgain(key);
    const first = await api.create(key);
    await copied(key);
    await (await api.server.kv()).put(copyName(key), old);
    await api.server.kill();

    const replay = await api.create(key);

    expectReplay(replay, first);
  });

  /** Lets the key's first record expire, and its next one begin with a failed attempt. Returns the first one's copy. */
  async function isUsedAgain(key: string, next: Call = {}): Promise<string> {
    const object = objectName(key);
    await api.create(key);
    await copied(key);
    const text = (await (await api.server.kv()).get(copyName(key), "text"))!;
    const earlier = (ms: string) => String(Number(ms) - 100_000_000);
    await api.server.restart(() => rewrite(api.server, object, EXPIRES_AT, earlier));
    const copy = sealed(key, redigested(text.slice(text.indexOf("\n") + 1).replace(EXPIRES_AT, earlier)));
    await (await api.server.kv()).put(copyName(key), copy);
    await api.create(key, { ...next, fault: "fail-before" });
    return copy;
  }
});

function expectReplay(answer: Answer, first: Answer) {
  expect(answer.status).toBe(first.status);
  expect(answer.text).toBe(first.text);
  for (const name of ["Content-Type", "Location", "X-Idempotency-Key", "X-Idempotency-Expires-At"]) {
    expect(answer.headers.get(name)).toBe(first.headers.get(name));
  }
  expect(answer.headers.get("Location")).toMatch(RESOURCES);
  expect(answer.headers.get("Idempotent-Replayed")).toBe("true");
}

/** Where the replays of a key came from. */
function sources(key: string) {
  const lines = api.server.logs.filter((line) => line.message === REPLAYED && line.idempotency_key === key);
  return lines.map((line) => line.source);
}

/** Waits for the copy in KV; it is made after the answer. Resolves with its expiration, in seconds. */
async function copied(key: string, as?: string) {
  const kv = await api.server.kv();
  const found = async () => (await kv.list({ prefix: copyName(key, as) })).keys[0];
  await eventually(async () => (await found()) !== undefined);
  return (await found())!.expiration;
}
