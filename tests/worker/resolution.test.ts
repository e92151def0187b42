// An operator says what became of a key: who may, of which key, and in which words. What it does to an operation that
// must not be repeated is in `unrepeated.ts`.

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Call, Client, newKey, serve } from "../harness/client.ts";
import { startServer } from "../harness/server.ts";
import { makeToken } from "../harness/tokens.ts";

const path = (key: string, query = "") => `/api/v1/operations/idempotency/${key}/resolution${query}`;

const ANSWER = { status: 201, body: "done" };

describe("a key that is not ambiguous", () => {
  const api = serve();
  const resolve = (key: string, payload: unknown, call: Call = {}) =>
    api.call(path(key), { method: "POST", payload, ...call });

  test.each([
    ["completed", undefined],
    ["failed", "fail-after"],
    ["failed", "abort-after"],
  ])("is as it was, if it has %s, by %s", async (_, fault) => {
    const key = newKey();
    await api.create(key, fault === undefined ? {} : { fault });
    const before = (await api.status(key)).json;

    for (const payload of [{ as: "failed" }, { as: "completed", answer: ANSWER }]) {
      const refused = await resolve(key, payload);

      expect(refused.status).toBe(409);
      expect(refused.json).toMatchObject({ type: "/problems/not-ambiguous", retryable: false });
    }
    expect((await api.status(key)).json).toEqual(before);
    expect((await api.create(key)).status).toBe(201);
    expect(await api.rows(key)).toHaveLength(1);
  });

  test("is as it was, if its attempt runs", async () => {
    const key = newKey();
    const first = api.create(key, { fault: "delay=2000" });
    await api.isRunning(key);

    const refused = await resolve(key, { as: "failed" });

    expect(refused.json.type).toBe("/problems/not-ambiguous");
    expect((await first).status).toBe(201);
  });

  test("is unknown, if there is none", async () => {
    for (const payload of [{ as: "failed" }, { as: "completed", answer: ANSWER }, { as: "forgotten" }]) {
      expect((await resolve(newKey(), payload)).json.type).toBe("/problems/not-found");
    }
    expect((await resolve("nonsense", { as: "failed" })).status).toBe(404);
  });

  test("is forgotten with its answer and the copies of it, and is as good as new", async () => {
    const key = newKey();
    const first = await api.create(key);
    expect((await api.create(key)).headers.get("Idempotent-Replayed")).toBe("true");

    const forgotten = await resolve(key, { as: "forgotten" });
    const other = await api.create(key, { payload: { name: "Another" } });

    expect(forgotten.json).toMatchObject({ status: "FORGOTTEN", operation: "create_resource" });
    expect(other.status).toBe(201);
    expect(other.json.id).not.toBe(first.json.id);
    expect((await api.status(key)).json).toMatchObject({ status: "COMPLETED", attempts: 1 });
    const line = { message: "Idempotency key resolved", idempotency_key: key };
    expect(await api.logged(line)).toMatchObject([{ level: "info", status: "FORGOTTEN", by: "anonymous" }]);
  });

  test("is forgotten while its attempt runs, which is late from then on", async () => {
    const key = newKey();
    const running = api.create(key, { fault: "delay=2000" });
    await api.isRunning(key);

    await resolve(key, { as: "forgotten" });
    const next = await api.create(key, { payload: { name: "Another" } });
    const late = await running;

    expect(next.status).toBe(201);
    // After a second without the object's word, KV has the answer of the next.
    expect(["/problems/operation-failed", "/problems/request-mismatch"]).toContain(late.json.type);
    expect((await api.create(key, { payload: { name: "Another" } })).text).toBe(next.text);
  });

  test.each([
    ["nothing", {}, ["#/as", "#/answer"]],
    ["another word", { as: "done", answer: ANSWER }, ["#/as"]],
    ["no answer", { as: "completed" }, ["#/answer"]],
    ["an answer too many", { as: "failed", answer: ANSWER }, ["#/answer"]],
    ["a status that cannot be sent", { as: "completed", answer: { status: 101 } }, ["#/answer/status"]],
    [
      "a field that is none",
      { as: "completed", answer: { status: 200, headers: [["a b", "c"]] } },
      ["#/answer"],
    ],
    ["content that may not be", { as: "completed", answer: { status: 204, body: "x" } }, ["#/answer"]],
  ])("is as it was after %s", async (_, payload, pointers) => {
    const key = newKey();
    await api.create(key);

    const refused = await resolve(key, payload);

    expect(refused.status).toBe(422);
    expect(refused.json.errors.map(({ pointer }: { pointer: string }) => pointer)).toEqual(pointers);
    expect((await api.create(key)).headers.get("Idempotent-Replayed")).toBe("true");
  });

  test("is as it was after what is no JSON, and after what a page of another site can have a browser send", async () => {
    const key = newKey();
    await api.create(key);
    const text = { headers: { "Content-Type": "text/plain" } };
    const foreign = { headers: { Origin: "https://evil.example" } };

    expect((await resolve(key, "{")).status).toBe(422);
    expect((await resolve(key, { as: "forgotten" }, text)).status).toBe(415);
    expect((await resolve(key, { as: "forgotten" }, foreign)).status).toBe(403);
    const own = { headers: { Origin: api.server.address.origin } };
    expect((await resolve(key, { as: "forgotten" }, own)).status).toBe(200);
  });
});

describe("a client's key", () => {
  const [shop, ops] = [makeToken("shop"), makeToken("ops", "operator")];
  const api = new Client();
  beforeAll(async () => {
    api.server = await startServer({ AUTH: "on", API_TOKENS: JSON.stringify([shop.stored, ops.stored]) });
  });
  afterAll(() => api.server.stop());

  test("is resolved by operators alone, in whose name it stands in its history", async () => {
    const key = newKey();
    await api.create(key, { as: shop.token });
    const ask = (query: string, call: Call) =>
      api.call(path(key, query), { method: "POST", payload: { as: "forgotten" }, ...call });

    expect((await ask("", {})).status).toBe(401);
    expect((await ask("", { as: shop.token })).json.type).toBe("/problems/forbidden");
    expect((await ask("?client=shop", { as: shop.token })).json.type).toBe("/problems/forbidden");
    expect((await ask("", { as: ops.token })).status).toBe(404);
    expect((await api.status(key, { as: shop.token })).json.status).toBe("COMPLETED");
    const Authorization = `Basic ${btoa(`anything:${ops.token}`)}`;
    const forgotten = await ask("?client=shop", { headers: { Authorization } });
    expect(forgotten.json.history.at(-1)).toMatchObject({ status: "FORGOTTEN", by: "ops" });
  });
});
