// The audit log: entries that are completed by the server, and lists of them.

import { describe, expect, test } from "vitest";
import { type Answer, AUDIT_LOG, AUDIT_LOGS, type Call, newKey, serve } from "../harness/client.ts";

const api = serve();

const ACTIONS = [
  "login",
  "logout",
  "api_access",
  "config_change",
  "data_access",
  "cache_invalidation",
  "llm_query",
  "cors_violation",
];

describe("an entry", () => {
  test("is answered with all that was said", async () => {
    const payload = {
      id: "entry-1",
      timestamp: "2026-01-31T12:00:00Z",
      correlation_id: "theirs",
      user_id: "u1",
      action: "config_change",
      details: { from: { a: 1 }, to: [2] },
      ip_address: "192.0.2.1",
      user_agent: "robot/1",
    };

    const answer = await api.post(AUDIT_LOG, newKey(), { payload });

    expect(answer.status).toBe(201);
    expect(answer.json).toEqual({ ...payload, ...SEEN });
  });

  test("says what the service saw, whatever the request claims, and a replay says the same", async () => {
    const key = newKey();
    const claimed = {
      ip_address: "203.0.113.9",
      correlation_id: "theirs",
      timestamp: "2020-01-01T00:00:00Z",
    };
    const payload = { user_id: "u1", action: "login", details: {}, ...claimed };
    const headers = { "X-Correlation-ID": "ours", "CF-Connecting-IP": "192.0.2.7" };
    const started = Date.now();

    const answer = await api.post(AUDIT_LOG, key, { as: "seen", headers, payload });
    const replay = await api.post(AUDIT_LOG, key, {
      as: "seen",
      headers: { ...headers, "X-Correlation-ID": "later" },
      payload,
    });
    const list = await api.call(AUDIT_LOGS, { as: "seen" });

    expect(answer.json).toMatchObject({
      ...claimed,
      received_at: SEEN.received_at,
      remote_address: "192.0.2.7",
      request_correlation_id: "ours",
    });
    expect(Date.parse(answer.json.received_at)).toBeGreaterThanOrEqual(started);
    expect(Date.parse(answer.json.received_at)).toBeLessThanOrEqual(Date.now());
    expect(replay.text).toBe(answer.text);
    expect(list.json).toEqual([answer.json]);
  });

  test("is completed by what the request says", async () => {
    const headers = { "X-Correlation-ID": "mine", "User-Agent": "robot/2", "CF-Connecting-IP": "192.0.2.7" };
    const payload = { user_id: "u1", action: "login", details: {} };
    const started = Date.now();

    const answer = await api.post(AUDIT_LOG, newKey(), { headers, payload });

    expect(answer.json).toEqual({
      ...payload,
      id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-4/),
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/),
      correlation_id: "mine",
      ip_address: "192.0.2.7",
      user_agent: "robot/2",
      received_at: SEEN.received_at,
      remote_address: "192.0.2.7",
      request_correlation_id: "mine",
    });
    expect(Date.parse(answer.json.timestamp)).toBeGreaterThanOrEqual(started);
    expect(Date.parse(answer.json.timestamp)).toBeLessThanOrEqual(Date.now());
  });

  test("needs a key", async () => {
    const payload = { user_id: "u1", action: "login", details: {} };

    const answer = await api.call(AUDIT_LOG, { method: "POST", payload });

    expect(answer.status).toBe(400);
    expect(answer.json.type).toBe("/problems/idempotency-key-missing");
  });

  test.each(ACTIONS)("may be about %s", async (action) => {
    const answer = await api.post(AUDIT_LOG, newKey(), { payload: { user_id: "u", action, details: {} } });

    expect(answer.status).toBe(201);
    expect(answer.json.action).toBe(action);
  });

  test.each([
    ["no user", { action: "login", details: {} }, "#/user_id"],
    ["an empty user", { user_id: "", action: "login", details: {} }, "#/user_id"],
    ["no action", { user_id: "u", details: {} }, "#/action"],
    ["an action that there is not", { user_id: "u", action: "fly", details: {} }, "#/action"],
    ["an action in capitals", { user_id: "u", action: "LOGIN", details: {} }, "#/action"],
    ["no details", { user_id: "u", action: "login" }, "#/details"],
    ["details that are text", { user_id: "u", action: "login", details: "x" }, "#/details"],
    ["an object for an action", { user_id: "u", action: { login: null }, details: {} }, "#/action"],
    ["an array in the place of an object", ["u", "login", {}, null, null, null, null, null], "#"],
    ["a timestamp that is none", at("yesterday"), "#/timestamp"],
    ["a timestamp that is only a date", at("2026-01-31"), "#/timestamp"],
    ["a timestamp without an offset", at("2026-01-31T12:00:00"), "#/timestamp"],
    ["a timestamp in the year 262142", at("+262142-12-31T00:00:00Z"), "#/timestamp"],
    ["a timestamp that is a number", at(1_795_478_507_797), "#/timestamp"],
    ["a second 60", at("2026-01-31T12:00:60Z"), "#/timestamp"],
    ["a leap second", at("2016-12-31T23:59:60Z"), "#/timestamp"],
    ["a year before 1 in UTC", at("0001-01-01T00:00:00+01:00"), "#/timestamp"],
    ["more digits than a nanosecond has", at("2026-01-31T12:00:00.1234567890Z"), "#/timestamp"],
  ])("is refused with %s", async (_, payload, pointer) => {
    const answer = await api.post(AUDIT_LOG, newKey(), { payload });

    expect(answer.status).toBe(422);
    expect(answer.json.errors).toMatchObject([{ pointer }]);
  });
});

test("everything that is wrong with an entry is told at once", async () => {
  const payload = { action: "fly", details: [], id: "", timestamp: "now", ip_address: 7 };

  const answer = await api.post(AUDIT_LOG, newKey(), { payload });

  expect(answer.status).toBe(422);
  const pointers = answer.json.errors.map(({ pointer }: { pointer: string }) => pointer);
  expect(pointers.sort()).toEqual([
    "#/action",
    "#/details",
    "#/id",
    "#/ip_address",
    "#/timestamp",
    "#/user_id",
  ]);
});

describe("a list", () => {
  test("has the newest first, by the entries' own time, and each as it was answered", async () => {
    const as = "newest-first";
    const middle = await enter({ as, payload: at("2026-01-02T00:00:00.5+01:00") });
    const oldest = await enter({ as, payload: at("2026-01-01T22:59:59Z") });
    const newest = await enter({ as, payload: at("2026-01-02T00:00:00Z") });

    const list = await api.call(AUDIT_LOGS, { as });

    expect(list.status).toBe(200);
    expect(list.json).toEqual([newest.json, middle.json, oldest.json]);
  });

  test("is in the order of what was sent, to the nanosecond, in any year", async () => {
    const as = "exact";
    const latest = [
      "9999-12-31T23:59:59.999999999Z",
      "9999-12-31T23:59:59.999999998Z",
      "9999-12-31T23:59:59.999998Z",
      "2026-01-31T12:00:00.000001001Z",
      "2026-01-31T12:00:00.000001Z",
      "2026-01-31T12:00:00.000000999Z",
      "2026-01-31T12:00:00.000000998Z",
      "2026-01-31T12:00:00Z",
      "1969-12-31T23:59:59.999999999Z",
      "1969-12-31T23:59:59.999999998Z",
      "0001-01-01T00:00:00.000000001Z",
      "0001-01-01T00:00:00Z",
    ];
    for (const at_ of [7, 2, 0, 9, 4, 11, 6, 1, 8, 3, 10, 5]) await enter({ as, payload: at(latest[at_]) });

    const list = await api.call(AUDIT_LOGS, { as });
    const page = await api.call(`${AUDIT_LOGS}?limit=2`, { as });
    const next = await api.call(/<(.+?)>/.exec(page.headers.get("Link")!)![1]!, { as });

    const timestamps = (answer: Answer) => answer.json.map((entry: { timestamp: string }) => entry.timestamp);
    expect(timestamps(list)).toEqual(latest);
    expect(timestamps(next)).toEqual(latest.slice(2, 4));
    for (const timestamp of latest) expect(Date.parse(timestamp)).not.toBeNaN();
  });

  test("has 100 entries if no limit is given, and pages that do not overlap", async () => {
    const as = "many";
    await Promise.all(Array.from({ length: 103 }, () => enter({ as })));

    const first = await api.call(AUDIT_LOGS, { as });
    const rest = await api.call(`${AUDIT_LOGS}?offset=100`, { as });
    const few = await api.call(`${AUDIT_LOGS}?limit=2&offset=1`, { as });

    expect([first.json.length, rest.json.length]).toEqual([100, 3]);
    const ids = [...first.json, ...rest.json].map((entry: { id: string }) => entry.id);
    expect(new Set(ids).size).toBe(103);
    expect(few.json).toEqual(first.json.slice(1, 3));
  });

  test("can be of one action, of one user, or of both", async () => {
    const as = "filtered";
    const payload = (user_id: string, action: string) => ({ user_id, action, details: {} });
    await enter({ as, payload: payload("ann", "login") });
    await enter({ as, payload: payload("ann", "logout") });
    await enter({ as, payload: payload("bob & co", "login") });

    const logins = await api.call(`${AUDIT_LOGS}?action=login`, { as });
    const bobs = await api.call(`${AUDIT_LOGS}?user_id=bob%20%26%20co`, { as });
    const annsLogouts = await api.call(`${AUDIT_LOGS}?user_id=ann&action=logout`, { as });
    const none = await api.call(`${AUDIT_LOGS}?user_id=eve`, { as });

    expect(logins.json.map((entry: { user_id: string }) => entry.user_id)).toEqual(["bob & co", "ann"]);
    expect(bobs.json).toMatchObject([{ user_id: "bob & co" }]);
    expect(annsLogouts.json).toMatchObject([{ user_id: "ann", action: "logout" }]);
    expect(none.json).toEqual([]);
  });

  test("has nothing of another caller", async () => {
    await enter({ as: "one" });

    const other = await api.call(AUDIT_LOGS, { as: "another" });

    expect(other.json).toEqual([]);
  });

  test.each(["limit=1", "limit=1000", "offset=0", "offset=10000"])(
    "may be asked for with %s",
    async (query) => {
      expect((await api.call(`${AUDIT_LOGS}?${query}`)).status).toBe(200);
    },
  );

  test.each([
    ["limit=0", "limit"],
    ["limit=1001", "limit"],
    ["limit=-1", "limit"],
    ["limit=x", "limit"],
    ["limit=1.5", "limit"],
    ["limit=", "limit"],
    ["offset=-1", "offset"],
    ["offset=x", "offset"],
    ["offset=10001", "offset"],
    [`user_id=${"x".repeat(2049)}`, "user_id"],
    ["action=LOGIN", "action"],
    ["action=", "action"],
    ["Limit=1", "Limit"],
    ["user=u1", "user"],
    ["userId=u1", "userId"],
    ["limit=1&limit=2", "limit"],
  ])("is refused with %s, naming the parameter", async (query, parameter) => {
    const answer = await api.call(`${AUDIT_LOGS}?${query}`);

    expect(answer.status).toBe(422);
    expect(answer.json.errors).toMatchObject([{ parameter }]);
  });
});

/** What the service saw of a request from the machine itself. */
const SEEN = {
  received_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
  remote_address: expect.toSatisfy((address) => address === null || typeof address === "string"),
  request_correlation_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
};

/** An entry with this timestamp. */
function at(timestamp: unknown) {
  return { user_id: "u", action: "login", details: {}, timestamp };
}

async function enter(call: Call) {
  const answer = await api.post(AUDIT_LOG, newKey(), call);
  expect(answer.status).toBe(201);
  return answer;
}
