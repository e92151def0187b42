// The client and this service: whatever is lost between them, an intent has one row.

import { describe, expect, test } from "vitest";
import { createIdempotentFetch } from "../../packages/client/src/index.ts";
import { memoryStore } from "../../packages/client/src/stores/memory.ts";
import type { IdempotentFetch, Options } from "../../packages/client/src/types.ts";
import { eventually, newKey, RESOURCES, serve } from "../harness/client.ts";
import { OPERATIONS } from "../harness/server.ts";
import { makeToken } from "../harness/tokens.ts";

/** It is done, and then nobody knows that. */
const AMBIGUOUS = { end: "ambiguous" };

const JSON_TYPE = { "Content-Type": "application/json" };

describe("an intent", () => {
  const api = serve();

  test("whose answer is lost is answered by a replay, and has one row", async () => {
    const { call, keys } = client(api, { fetch: losing(1) });

    const answer = await call(RESOURCES, { name: "Lathe" });

    expect(answer.status).toBe(201);
    expect(answer.headers.get("Idempotent-Replayed")).toBe("true");
    expect(keys()).toHaveLength(1);
    expect(await api.rows(keys()[0]!)).toHaveLength(1);
  });

  test("that two tabs ask for at once has one row, and both have its answer", async () => {
    const store = memoryStore();
    const intent = newKey();
    const tabs = [client(api, { store }, intent), client(api, { store }, intent)];

    const answers = await Promise.all(
      tabs.map(({ call }) => call(RESOURCES, { name: "Lathe" }, { "X-Fault": "delay=500" })),
    );

    const texts = await Promise.all(answers.map((answer) => answer.text()));
    expect(answers.map(({ status }) => status)).toEqual([201, 201]);
    expect(texts[0]).toBe(texts[1]);
    expect(await api.rows(JSON.parse(texts[0]!).idempotency_key)).toHaveLength(1);
  });

  test("that waits for an attempt elsewhere is told when it ends, by the service", async () => {
    const { call, keys } = client(api);
    const slow = { "X-Fault": "delay=1500" };

    const [one, other] = await Promise.all([
      call(RESOURCES, { name: "Lathe" }, slow),
      call(RESOURCES, { name: "Lathe" }, slow),
    ]);

    // Neither was told to come again: `Prefer: wait` is sent.
    expect([one.status, other.status]).toEqual([201, 201]);
    expect(keys()).toHaveLength(1);
    expect(sentTo(RESOURCES, keys()[0]!)).toBe(2);
  });

  test.each(["fail-before", "fail-after", "abort-before", "abort-after", "panic"])(
    "whose attempt ends by %s is executed by the next, and has one row",
    async (fault) => {
      let faults = 1;
      const { call, keys } = client(api, {
        fetch: (input, init) => {
          const headers = new Headers(init?.headers);
          if (faults-- > 0) headers.set("X-Fault", fault);
          return recorded(input, { ...init, headers });
        },
      });

      const answer = await call(RESOURCES, { name: "Lathe" });

      expect(answer.status).toBe(201);
      expect(await api.rows(keys()[0]!)).toHaveLength(1);
    },
  );

  test("goes on with its key in a program that begins anew, and has one row", async () => {
    const store = memoryStore();
    const intent = newKey();
    const { fetch, signal } = ending();
    const before = client(api, { store, fetch }, intent);
    await expect(before.call(RESOURCES, { name: "Lathe" }, {}, { signal })).rejects.toThrow("the end");

    const after = client(api, { store }, intent);
    const answer = await after.call(RESOURCES, { name: "Lathe" });

    expect(answer.status).toBe(201);
    expect(after.keys()).toEqual(before.keys());
    expect(await api.rows(after.keys()[0]!)).toHaveLength(1);
  });

  test("that was refused can be corrected, with a new key", async () => {
    const { call, idempotentFetch } = client(api);
    const refused = await call(RESOURCES, { name: "" });

    const corrected = await call(RESOURCES, { name: "Lathe" }, {}, { replace: true });

    expect([refused.status, corrected.status]).toEqual([422, 201]);
    expect(await idempotentFetch.pending()).toMatchObject([{ state: "settled", status: 201 }]);
  });

  test("learns from the service when its key expires", async () => {
    const { call, idempotentFetch } = client(api);
    const answer = await call("/api/audit/log", { user_id: "u1", action: "login", details: {} });

    const [entry] = await idempotentFetch.pending();

    const told = Date.parse(answer.headers.get("X-Idempotency-Expires-At")!);
    expect(entry).toHaveProperty("expiresAt", expect.closeTo(told, -4));
    expect(told - Date.now()).toBeLessThanOrEqual(3_600_000);
  });
});

describe("an intent whose outcome is unknown", () => {
  const api = serve({}, { root: OPERATIONS });

  test("ends in an error that asks the service, which knows that it is held", async () => {
    const { call } = client(api);

    const error = await call("/unrepeated", AMBIGUOUS).catch((error) => error);

    expect(error).toMatchObject({ name: "OutcomeUnknownError", reason: "reported" });
    const status = await error.status();
    expect(status).toMatchObject({ status: "AMBIGUOUS", attempts: 1, idempotency_key: error.key });
    expect(status.history.at(-1)).toMatchObject({ status: "AMBIGUOUS", attempt: 1 });
  });

  test("is answered once an operator has resolved it, to the same intent", async () => {
    const { call, idempotentFetch } = client(api);
    const error = await call("/unrepeated", AMBIGUOUS).catch((error) => error);
    const resolution = { as: "completed", answer: { status: 201, body: "by hand" } };
    const path = `/api/v1/operations/idempotency/${error.key}/resolution`;
    await api.call(path, { method: "POST", payload: resolution });

    const answer = await call("/unrepeated", AMBIGUOUS);

    expect([answer.status, await answer.text()]).toEqual([201, "by hand"]);
    expect(await idempotentFetch.pending()).toMatchObject([{ state: "settled", status: 201 }]);
  });

  test("because its key expires before it succeeds is not sent again", async () => {
    const { call, keys } = client(api);
    const failing = { "X-Fault": "fail-before" };

    const error = await call("/two-seconds", {}, failing).catch((error) => error);
    const sends = sentTo("/two-seconds", keys()[0]!);
    await eventually(async () => (await error.status()) === undefined);

    expect(error).toMatchObject({ name: "OutcomeUnknownError", reason: "expired" });
    await expect(call("/two-seconds", {})).rejects.toMatchObject({ reason: "expired" });
    expect(sentTo("/two-seconds", keys()[0]!)).toBe(sends);
  });
});

describe("where callers are known, an intent", () => {
  const { token, stored } = makeToken("shop");
  const api = serve({ AUTH: "on", API_TOKENS: JSON.stringify([stored]) });

  test("is sent again after 401, with its key and another token", async () => {
    const { call, keys } = client(api);

    const refused = await call(RESOURCES, { name: "Lathe" }, { Authorization: "Bearer old" });
    const answer = await call(RESOURCES, { name: "Lathe" }, { Authorization: `Bearer ${token}` });

    expect([refused.status, answer.status]).toEqual([401, 201]);
    expect(keys()).toHaveLength(1);
  });

  test("is resumed with credentials that are not stored", async () => {
    const { fetch, signal } = ending();
    const { call, idempotentFetch } = client(api, { keep: true, fetch });
    const credentials = { Authorization: `Bearer ${token}` };
    await expect(call(RESOURCES, { name: "Lathe" }, credentials, { signal })).rejects.toThrow("the end");
    const [pending] = await idempotentFetch.pending();

    const { idempotentFetch: later } = client(api, { store: holding(pending) });
    const answer = await later.resume(pending!.intent, { headers: credentials });

    expect(JSON.stringify(pending)).not.toContain(token);
    expect([answer.status, answer.headers.get("Idempotent-Replayed")]).toEqual([201, "true"]);
  });
});

/** All requests that were sent, as path and key. */
const sent: { path: string; key: string }[] = [];

const sentTo = (path: string, key: string) =>
  sent.filter((one) => one.path === path && one.key === key).length;

const recorded: typeof fetch = (input, init) => {
  const { pathname } = new URL(input as string);
  const key = new Headers(init?.headers).get("Idempotency-Key");
  if (key) sent.push({ path: pathname, key });
  return fetch(input, init);
};

/** The answers of the first requests are lost: the service has sent them, and they do not arrive. */
function losing(count: number): typeof fetch {
  return async (input, init) => {
    const answer = await recorded(input, init);
    if (count-- <= 0) return answer;
    await answer.arrayBuffer();
    throw new TypeError("fetch failed");
  };
}

/** The program ends when the service has answered, before it learns of that. */
function ending() {
  const abort = new AbortController();
  const fetch: typeof globalThis.fetch = async (input, init) => {
    const answer = await recorded(input, init);
    abort.abort(new Error("the end"));
    return answer;
  };
  return { fetch, signal: abort.signal };
}

function client(api: { server: { address: URL } }, options: Partial<Options> = {}, intent = newKey()) {
  const from = sent.length;
  const idempotentFetch: IdempotentFetch = createIdempotentFetch({
    store: memoryStore(),
    fetch: recorded,
    ...options,
  });
  return {
    idempotentFetch,
    call: (path: string, payload: unknown, headers: Record<string, string> = {}, more = {}) =>
      idempotentFetch(new URL(path, api.server.address), {
        method: "POST",
        headers: { ...JSON_TYPE, ...headers },
        body: JSON.stringify(payload),
        intent,
        ...more,
      }),
    /** The keys that were sent since, each once. */
    keys: () => [...new Set(sent.slice(from).map(({ key }) => key))],
  };
}

/** A store that has what another one had. */
function holding(entry: { intent: string } | undefined) {
  const store = memoryStore();
  void store.update(entry!.intent, () => entry as never);
  return store;
}
