// Expiry: an answer counts until the moment that was announced, and from then on nobody gives it.

import { describe, expect, test } from "vitest";
import {
  AUDIT_LOG,
  type Answer,
  type Client,
  eventually,
  expiryOf,
  newKey,
  serve,
} from "../harness/client.ts";
import { age, alarm, objectName, overwrite, record, rewrite, ringNow } from "../harness/objects.ts";

const TTL_S = 4;
const DAY_MS = 86_400_000;
const api = serve({ IDEMPOTENCY_TTL_SECONDS: String(TTL_S), AUDIT_TTL_SECONDS: "3600" });
const daylong = serve();

describe.concurrent("a key whose time is over", () => {
  test("is a new first request, with a new effect", async () => {
    const key = newKey();
    const first = await api.create(key);
    const before = await api.create(key);
    await expiryOf(first);

    const after = await api.create(key);

    expect(before.text).toBe(first.text);
    expect(before.headers.get("Idempotent-Replayed")).toBe("true");
    expect(after.status).toBe(201);
    expect(after.headers.has("Idempotent-Replayed")).toBe(false);
    expect(after.json.id).not.toBe(first.json.id);
    expect(expiresAt(after)).toBeGreaterThanOrEqual(expiresAt(first) + TTL_S * 1000);
    expect(await api.rows(key)).toHaveLength(2);
    expect((await api.status(key)).json).toMatchObject({ status: "COMPLETED", attempts: 1 });
  });

  test("is free for another payload, which then has it", async () => {
    const key = newKey();
    await expiryOf(await api.create(key, { payload: { name: "One" } }));

    const other = await api.create(key, { payload: { name: "Two" } });
    const old = await api.create(key, { payload: { name: "One" } });

    expect(other.status).toBe(201);
    expect(old.json.type).toBe("/problems/request-mismatch");
  });

  test("is told of like an unknown one", async () => {
    const key = newKey();
    await expiryOf(await api.create(key));

    const expired = await api.status(key);
    const unknown = await api.status(newKey());

    expect(expired.status).toBe(404);
    expect(expired.json).toEqual({ ...unknown.json, correlation_id: expired.json.correlation_id });
  });

  test("was over at the announced moment, however often it was replayed", async () => {
    const key = newKey();
    const first = await api.create(key);
    const replays: Answer[] = [];
    await eventually(async () => {
      replays.push(await api.create(key));
      return Date.now() > expiresAt(first);
    });

    const after = await api.create(key);

    const replayed = replays.filter(({ text }) => text === first.text);
    expect(replayed.length).toBeGreaterThan(3);
    for (const replay of replayed) expect(expiresAt(replay)).toBe(expiresAt(first));
    expect(after.json.id).not.toBe(first.json.id);
  });

  test("is over if its attempts had failed, too", async () => {
    const key = newKey();
    await expiryOf(await api.create(key, { fault: "fail-before", payload: { name: "One" } }));

    const other = await api.create(key, { payload: { name: "Two" } });

    expect(other.status).toBe(201);
    expect((await api.status(key)).json.attempts).toBe(1);
  });

  test("leaves nothing behind in its object", async () => {
    const key = newKey();
    const object = objectName(key);
    const first = await api.create(key);
    const stored = [record(api.server, object), alarm(api.server, object)];

    await eventually(() => record(api.server, object) === undefined);

    expect(stored).toEqual([expect.stringContaining(first.json.id), expiresAt(first)]);
    expect(Date.now()).toBeGreaterThanOrEqual(expiresAt(first));
    await eventually(() => alarm(api.server, object) === undefined);
  });

  test("leaves nothing behind after a failure and after a reset", async () => {
    const [failed, reset] = [newKey(), newKey()];
    await api.create(failed, { fault: "fail-before" });
    await api.create(reset, { fault: "abort-before" });
    const objects = [objectName(failed), objectName(reset)];

    const stored = objects.map((object) => record(api.server, object));
    await eventually(() => objects.every((object) => record(api.server, object) === undefined));

    expect(stored).toEqual([expect.stringContaining("FAILED"), expect.stringContaining("PROCESSING")]);
  });
});

describe.concurrent("the lifetime of an audit entry's key", () => {
  test("is its own", async () => {
    const key = newKey();
    const entry = await api.post(AUDIT_LOG, key);
    const resource = await api.create(newKey());
    await expiryOf(resource);

    const replay = await api.post(AUDIT_LOG, key);

    expect(replay.text).toBe(entry.text);
    expect(expiresAt(entry) - expiresAt(resource)).toBeGreaterThan((3600 - TTL_S - 15) * 1000);
  });
});

describe("a record that cannot be read", () => {
  const toCome = (stored: string) => stored.replace('"version":2', '"version":9');
  const damaged = (stored: string) => stored.replace(/"digest":"../, '"digest":"--');

  test.each([
    ["is of a release to come", toCome],
    ["is damaged", damaged],
  ])("because it %s is kept by an alarm that rings too early, and told of", async (_, spoil) => {
    const key = newKey();
    const object = objectName(key);
    const first = await daylong.create(key);
    const stored = record(daylong.server, object)!;
    const told = toldOf(daylong);
    await daylong.server.restart(() => {
      overwrite(daylong.server, object, spoil);
      ringNow(daylong.server, object);
    });

    await eventually(() => (alarm(daylong.server, object) ?? 0) > Date.now() + DAY_MS / 2);

    expect(record(daylong.server, object)).toBe(spoil(stored));
    await eventually(() => toldOf(daylong) > told);
    await daylong.server.restart(() => overwrite(daylong.server, object, () => stored));
    expect((await daylong.create(key)).text).toBe(first.text);
  });

  test("is kept at its expiry, looked at each day, and deleted when it must have expired", async () => {
    const key = newKey();
    const object = objectName(key);
    await api.create(key);
    await api.server.restart(() => overwrite(api.server, object, damaged));
    const ring = async (meanwhile: () => void) => {
      const told = toldOf(api);
      await api.server.restart(() => {
        meanwhile();
        ringNow(api.server, object);
      });
      await eventually(() => toldOf(api) > told);
    };

    await eventually(() => (alarm(api.server, object) ?? 0) > Date.now() + DAY_MS / 2);
    const kept = record(api.server, object);
    const refused = await api.create(key);
    await ring(() => age(api.server, object, 364 * DAY_MS));
    await eventually(() => (alarm(api.server, object) ?? 0) > Date.now() + DAY_MS / 2);
    const keptStill = record(api.server, object);
    await ring(() => age(api.server, object, 2 * DAY_MS));
    await eventually(() => record(api.server, object) === undefined);

    expect(kept).toBeDefined();
    expect(keptStill).toBe(kept);
    expect(refused.status).toBe(500);
    await eventually(() => alarm(api.server, object) === undefined);
    expect((await api.create(key, { payload: { name: "another" } })).status).toBe(201);
  });

  /** How often it was told that a record cannot be read. */
  function toldOf({ server }: Client): number {
    const lines = server.logs.filter(({ message, idempotency_key }) => {
      return message === "Service needs attention" && idempotency_key === null;
    });
    expect(
      lines.every(({ level, reason }) => level === "error" && /^the stored record/.test(`${reason}`)),
    ).toBe(true);
    return lines.length;
  }
});

describe("an alarm that rings before its record has expired", () => {
  test("leaves the record alone and is set anew", async () => {
    const key = newKey();
    const object = objectName(key);
    const first = await api.create(key);
    await api.server.restart(() => shift(api, object, DAY_MS));
    const kept = record(api.server, object);

    await eventually(() => alarm(api.server, object) === expiresAt(first) + DAY_MS);

    const replay = await api.create(key);
    expect(record(api.server, object)).toBe(kept);
    expect(replay.text).toBe(first.text);
    expect(replay.headers.get("Idempotent-Replayed")).toBe("true");
    expect(expiresAt(replay)).toBe(expiresAt(first) + DAY_MS);
    expect(await api.rows(key)).toHaveLength(1);
  });
});

describe("a copy in KV", () => {
  test("is not made of an answer that has less than a minute to live", async () => {
    await api.create(newKey());
    const kv = await api.server.kv();

    await api.post(AUDIT_LOG, newKey());

    await eventually(async () => (await kv.list()).keys.length > 0);
    const expirations = (await kv.list()).keys.map(({ expiration }) => expiration! * 1000);
    for (const expiration of expirations) expect(expiration).toBeGreaterThan(Date.now() + 60_000);
  });
});

describe("a key whose alarm has not rung", () => {
  test("is a new first request all the same", async () => {
    const key = newKey();
    const first = await daylong.create(key);
    await daylong.server.restart(() => shift(daylong, objectName(key), -2 * DAY_MS));

    const unknown = await daylong.status(key);
    const again = await daylong.create(key);
    const replay = await daylong.create(key);

    expect(unknown.status).toBe(404);
    expect(again.status).toBe(201);
    expect(again.json.id).not.toBe(first.json.id);
    expect(again.headers.has("Idempotent-Replayed")).toBe(false);
    expect(replay.text).toBe(again.text);
    expect(await daylong.rows(key)).toHaveLength(2);
  });

  test("gets one that rings at its new expiry", async () => {
    const key = newKey();
    const first = await daylong.create(key);
    await daylong.server.restart(() => shift(daylong, objectName(key), -2 * DAY_MS));

    const again = await daylong.create(key);

    expect(expiresAt(again)).toBeGreaterThan(expiresAt(first));
    expect(alarm(daylong.server, objectName(key))).toBe(expiresAt(again));
  });
});

/** Moves a stored record's expiry, but not its alarm. */
function shift({ server }: Client, object: string, byMs: number) {
  rewrite(server, object, /(?<="expires_at":)\d{13}/, (ms) => String(Number(ms) + byMs));
}

function expiresAt(answer: Answer): number {
  return Date.parse(answer.headers.get("X-Idempotency-Expires-At")!);
}
