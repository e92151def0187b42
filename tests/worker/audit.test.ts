// The audit log: entries that are completed by the server, and lists of them.

import { describe, expect, test } from "vitest";
import { AUDIT_LOG, AUDIT_LOGS, type Call, newKey, serve } from "./client.ts";

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
    expect(answer.json).toEqual(payload);
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
  ])("is refused with %s", async (_, payload, pointer) => {
    const answer = await api.post(AUDIT_LOG, newKey(), { payload });

    expect(answer.status).toBe(422);
    expect(answer.json.errors).toMatchObject([{ pointer }]);
  });
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

  test.each(["limit=1", "limit=1000", "offset=0"])("may be asked for with %s", async (query) => {
    expect((await api.call(`${AUDIT_LOGS}?${query}`)).status).toBe(200);
  });

  test.each([
    ["limit=0", "limit"],
    ["limit=1001", "limit"],
    ["limit=-1", "limit"],
    ["limit=x", "limit"],
    ["limit=1.5", "limit"],
    ["limit=", "limit"],
    ["offset=-1", "offset"],
    ["offset=x", "offset"],
  ])("is refused with %s, naming the parameter", async (query, parameter) => {
    const answer = await api.call(`${AUDIT_LOGS}?${query}`);

    expect(answer.status).toBe(422);
    expect(answer.json.errors).toMatchObject([{ parameter }]);
  });
});

/** An entry with this timestamp. */
function at(timestamp: unknown) {
  return { user_id: "u", action: "login", details: {}, timestamp };
}

async function enter(call: Call) {
  const answer = await api.post(AUDIT_LOG, newKey(), call);
  expect(answer.status).toBe(201);
  return answer;
}
