// While a release is rolled out, or taken back, Worker, object and record may be of different ones: a client is told to
// try again, nothing happens twice, and no key is lost.

import { afterEach, describe, expect, test } from "vitest";
import { type Answer, type Call, eventually, newKey, serve } from "../harness/client.ts";
import { copyName, forget, objectName, overwrite, record, redigested, sealed } from "../harness/objects.ts";

const around = "other-release.js";
const api = serve({ REPLAY_COPIES: "off" }, { around });
const copying = serve({}, { around });
const OTHER_RELEASE = "Request or record of another release";

afterEach(() => Promise.all([speak({}), speak({}, copying)]));

describe("a Worker of another release, to which the object has nothing to say,", () => {
  const QUESTIONS: [string, string, string][] = [
    ["asks in another version", '"version":1', '"version":2'],
    ["asks in another version, of another form", "^.*", '{"version":2,"message":{"do":7}}'],
    ["asks for an operation that is new", '"create_resource"', '"create_resources"'],
    ["asks something new", '\\{"claim":', '{"claim_all":'],
    ["leaves something out", '"fingerprint":', '"print":'],
    ["says more than can be read", '"faults":\\[\\]', '"faults":["new"]'],
    ["says half of it", "^.{100}.*", '{"version":1,"message":{"claim'],
  ];

  test.each(QUESTIONS)("and %s, may ask again, for nothing was done", async (_, part, by) => {
    const [fresh, completed] = [newKey(), newKey()];
    const first = await api.create(completed);
    await api.server.restart();
    await speak({ which: "question", part, by });

    const declined = [await api.create(fresh), await api.create(completed)];

    for (const answer of declined) {
      expectToTryAgain(answer);
      expect(answer.json.detail).toContain("Nothing was done");
      expect(answer.text).not.toMatch(/version|message|operation [a-z]+_|member|field/);
    }
    expect(await api.rows(fresh)).toHaveLength(0);
    expect(record(api.server, objectName(fresh))).toBeUndefined();
    const [line] = await api.logged({ message: OTHER_RELEASE });
    expect(line).toMatchObject({ level: "warning", reason: expect.any(String) });
    await speak({});
    expect((await api.create(fresh)).headers.has("Idempotent-Replayed")).toBe(false);
    expectReplay(await api.create(completed), first);
    for (const key of [fresh, completed]) expect(await api.rows(key)).toHaveLength(1);
  });

  test("is told so when it looks a key up", async () => {
    const key = newKey();
    await api.create(key);
    await speak({ which: "question", part: '"inspect"', by: '"look"' });

    const declined = await api.status(key);

    expectToTryAgain(declined);
    await speak({});
    expect((await api.status(key)).json.status).toBe("COMPLETED");
  });
});

describe("a copy in KV", () => {
  test("answers for an object that has nothing to say to a Worker of another release", async () => {
    const key = newKey();
    const first = await copying.create(key);
    await copied(key);
    await copying.server.restart();
    await speak({ which: "question", part: '"version":1', by: '"version":2' }, copying);

    const replay = await copying.create(key);
    const other = await copying.create(key, { payload: { name: "another" } });

    expectReplay(replay, first);
    expect(other.json.type).toBe("/problems/request-mismatch");
  });

  test("answers for a record of a release to come", async () => {
    const key = newKey();
    const first = await copying.create(key);
    await copied(key);
    const toCome = (stored: string) => stored.replace('"version":2', '"version":4');
    await copying.server.restart(() => overwrite(copying.server, objectName(key), toCome));

    const replay = await copying.create(key);

    expectReplay(replay, first);
  });
});

describe("an object of another release that", () => {
  test.each([
    ["says that it does not dare to go on, as releases before did", '"message":.*', '"message":"broken"}'],
    ["answers in another version", '"version":1', '"version":2'],
    ["answers something new", '\\{"completed":', '{"done":'],
    ["answers that it has nothing to say, as releases to come may", '"message":.*', '"message":"declined"}'],
  ])("%s, is asked again for the answer to what was done", async (_, part, by) => {
    const key = newKey();
    await speak({ which: "reply", part, by });

    const lost = await api.create(key);

    expectToTryAgain(lost);
    await speak({});
    const retry = await api.create(key);
    expect(retry.status).toBe(201);
    expect(retry.headers.get("Idempotent-Replayed")).toBe("true");
    expect(await api.rows(key)).toHaveLength(1);
  });

  test("says more than this one knows is understood", async () => {
    const key = newKey();
    await speak({ which: "reply", part: '"replayed":', by: '"new":{"a":[1]},"replayed":' });

    const first = await api.create(key);

    expect(first.status).toBe(201);
  });
});

describe("a record of the release before", () => {
  test.each([
    ["with a history", before],
    ["without one", (stored: string) => before(stored).replace(/"history":\[.*?\],/, "")],
  ])("is replayed byte for byte, %s", async (_, written) => {
    const key = newKey();
    const first = await api.create(key);
    await rewritten(key, written);

    const replay = await api.create(key);
    const other = await api.create(key, { payload: { name: "another" } });

    expectReplay(replay, first);
    expect(other.json.type).toBe("/problems/request-mismatch");
    expect((await api.status(key)).json).toMatchObject({ status: "COMPLETED", attempts: 1 });
    expect(await api.rows(key)).toHaveLength(1);
  });

  test.each([
    ["has failed", "fail-after"],
    ["was left by an attempt that died", "abort-after"],
  ])("that %s is taken up by the next attempt, which does nothing twice", async (_, fault) => {
    const key = newKey();
    await api.create(key, { fault });
    await rewritten(key, before);

    const second = await api.create(key);

    expect(second.status).toBe(201);
    expect(record(api.server, objectName(key))).toMatch(/^\{"version":2,"digest":/);
    expect((await api.status(key)).json).toMatchObject({ status: "COMPLETED", attempts: 2 });
    expect(await api.rows(key)).toHaveLength(1);
  });

  test("is replayed from KV", async () => {
    const key = newKey();
    const first = await copying.create(key);
    await copied(key);
    const stored = before(record(copying.server, objectName(key))!);
    await copying.server.restart(() => forget(copying.server, objectName(key)));
    await (await copying.server.kv()).put(copyName(key), sealed(key, stored));

    const replay = await copying.create(key, { fault: "abort-before" });

    expectReplay(replay, first);
  });
});

describe("a record of a release to come", () => {
  test.each([
    ["of the same form", (stored: string) => stored.replace('"version":2', '"version":4')],
    ["of another form", () => '{"version":4,"a":1}\n'],
  ])("%s, is left alone until that release is back", async (_, written) => {
    const key = newKey();
    const first = await api.create(key);
    const stored = await rewritten(key, written);
    const kept = record(api.server, objectName(key));

    const answers = [
      await api.create(key),
      await api.create(key, { wait: 1 }),
      await api.create(key, { payload: { name: "another" } }),
      await api.status(key),
    ];

    for (const answer of answers) {
      expectToTryAgain(answer);
      expect(answer.text).not.toMatch(/version|digest|head/);
    }
    const [line] = await api.logged({ message: OTHER_RELEASE, idempotency_key: key });
    expect(line).toMatchObject({ level: "warning" });
    expect(record(api.server, objectName(key))).toBe(kept);
    expect(await api.rows(key)).toHaveLength(1);
    await rewritten(key, () => stored);
    expectReplay(await api.create(key), first);
  });
});

describe("a release that maps a path to another operation", () => {
  const ofAnother = (stored: string) =>
    redigested(stored.replace('"operation":"create_resource"', '"operation":"create_thing"'));

  test.each<[string, Call]>([
    ["is completed", {}],
    ["has failed", { fault: "fail-after" }],
    ["was left by an attempt that died", { fault: "abort-after" }],
  ])("finds another's record, which %s, and neither executes nor replays", async (_, call) => {
    const key = newKey();
    await api.create(key, call);
    await rewritten(key, ofAnother);
    const kept = record(api.server, objectName(key));

    const answers = [await api.create(key), await api.create(key, { standardKey: key })];

    expect(answers.map(({ status }) => status)).toEqual([400, 422]);
    for (const { json } of answers) expect(json.type).toBe("/problems/request-mismatch");
    expect(record(api.server, objectName(key))).toBe(kept);
    expect(await api.rows(key)).toHaveLength(1);
  });

  test("finds another's copy, and does not replay it", async () => {
    const key = newKey();
    await copying.create(key);
    await copied(key);
    const stored = ofAnother(record(copying.server, objectName(key))!);
    await copying.server.restart(() => forget(copying.server, objectName(key)));
    await (await copying.server.kv()).put(copyName(key), sealed(key, stored));

    const answer = await copying.create(key, { fault: "abort-before" });

    expect(answer.json.type).toBe("/problems/request-mismatch");
  });
});

describe("an answer that an earlier release has saved, and that cannot be sent,", () => {
  const type = '"content-type","application/json"';

  test.each<[string, string, string, number, (text: string) => string]>([
    ["has content where there may be none", '"status":201', '"status":204', 204, () => ""],
    ["has a status that is none", '"status":201', '"status":42', 500, (text) => text],
    ["has a line break in a field", type, '"content-type","a\\nb"', 201, (text) => text],
    ["has a field whose name is none", type, '"content type","x"', 201, (text) => text],
  ])("because it %s, is replayed without that", async (_, part, by, status, left) => {
    const key = newKey();
    const first = await api.create(key);
    await rewritten(key, (stored) => redigested(stored.replace(part, by)));

    const replays = [await api.create(key), await api.create(key)];

    for (const replay of replays) {
      expect([replay.status, replay.text]).toEqual([status, left(first.text)]);
      expect(replay.headers.get("Idempotent-Replayed")).toBe("true");
      expect(replay.headers.has("Content-Type")).toBe(part !== type && status !== 204);
    }
  });
});

/** A record as the release before wrote it: without a digest. */
function before(stored: string): string {
  return stored.replace(/^\{"version":2,"digest":"[0-9a-f]{64}"/, '{"version":1');
}

/** Changes what is stored for a key, and makes every isolate forget it. Resolves with what was stored. */
async function rewritten(key: string, change: (stored: string) => string): Promise<string> {
  const stored = record(api.server, objectName(key))!;
  if (change(stored) === stored) throw new Error(`not changed: ${stored}`);
  await api.server.restart(() => overwrite(api.server, objectName(key), change));
  return stored;
}

/** Waits for the copy of a key's record in KV; it is made after the answer. */
async function copied(key: string) {
  const kv = await copying.server.kv();
  await eventually(async () => (await kv.get(copyName(key))) !== null);
}

async function speak(change: { which?: "question" | "reply"; part?: string; by?: string }, to = api) {
  await to.call("/__change", { method: "POST", payload: change });
}

function expectToTryAgain(answer: Answer) {
  expect(answer.status).toBe(503);
  expect(answer.json).toMatchObject({ type: "/problems/service-unavailable", retryable: true });
  expect(answer.headers.get("Retry-After")).toMatch(/^[1-9]\d*$/);
}

function expectReplay(answer: Answer, first: Answer) {
  expect(answer.status).toBe(first.status);
  expect(answer.text).toBe(first.text);
  for (const name of ["Content-Type", "Location", "X-Idempotency-Expires-At"])
    expect(answer.headers.get(name)).toBe(first.headers.get(name));
  expect(answer.headers.get("Idempotent-Replayed")).toBe("true");
}
