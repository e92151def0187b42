// What becomes of an operation that must not be repeated: whatever dies, it is done once at most, and an operator has the
// last word.

import { describe, expect, test } from "vitest";
import { type Call, eventually, newKey, serve } from "../harness/client.ts";
import { OPERATIONS } from "../harness/server.ts";

const PATH = "/unrepeated";
const RESOLVED = { status: 201, headers: [["X-Receipt", "7"]], body: "by hand\n" };

const client = serve({ ATTEMPT_DEADLINE_SECONDS: "2" }, { root: OPERATIONS });

describe("an operation that must not be repeated", () => {
  test("is answered and replayed like any other", async () => {
    const key = newKey();

    const [first, second] = [await sendAs(key), await sendAs(key)];

    expect(first.status).toBe(201);
    expect(second.text).toBe(first.text);
    expect(second.headers.get("Idempotent-Replayed")).toBe("true");
    expect(await sent(key)).toBe(1);
  });

  test.each(["abort-before", "abort-after", "panic"])(
    "is held after a crash, by %s, and is not done by any retry",
    async (fault) => {
      const key = newKey();
      const lost = await sendAs(key, { fault });
      const before = await sent(key);

      const told = await statusOf(key);
      const retries = [await sendAs(key), await sendAs(key, { wait: 5 })];
      await client.server.kill();
      retries.push(await sendAs(key));

      expect(lost.status).toBe(503);
      expect(told).toMatchObject({ status: "AMBIGUOUS", attempts: 1 });
      for (const retry of retries) {
        expect(retry.status).toBe(409);
        expect(retry.json).toMatchObject({ type: "/problems/outcome-unknown", retryable: false });
        expect(retry.json.detail).toContain("new key");
        expect(retry.headers.get("X-Idempotency-Expires-At")).toBe(told.expires_at);
      }
      expect(before).toBe(fault === "abort-after" ? 1 : 0);
      expect(await sent(key)).toBe(before);
      const after = await statusOf(key);
      expect(after).toMatchObject({ status: "AMBIGUOUS", attempts: 1 });
      expect(after.history.map(({ status }: { status: string }) => status)).toEqual([
        "PROCESSING",
        "AMBIGUOUS",
      ]);
      const line = { message: "Outcome of idempotent operation unknown", idempotency_key: key };
      expect(await client.logged(line)).toMatchObject([{ level: "warning", attempt: 1 }]);
    },
  );

  test.each([
    ["says that it does not know", "ambiguous", {}],
    ["meets an error of the platform", "error", {}],
    ["fails after its effect", "answered", { fault: "fail-after" }],
    ["takes longer than it may", "answered", { fault: "delay=60000" }],
  ])("is held if it %s, and its own request is told so", async (_, end, call) => {
    const key = newKey();

    const first = await sendAs(key, call, end);
    const retry = await sendAs(key, {}, end);

    expect(first.status).toBe(502);
    expect(first.json).toMatchObject({ type: "/problems/outcome-unknown", retryable: false });
    expect(retry.status).toBe(409);
    expect(await statusOf(key)).toMatchObject({ status: "AMBIGUOUS", attempts: 1 });
  });

  test.each([
    ["not_sent", {}],
    ["answered", { fault: "fail-before" }],
  ])("runs again if nothing was sent: %s", async (end, call) => {
    const key = newKey();

    const failed = await sendAs(key, call, end);

    expect(failed.status).toBe(503);
    expect(failed.json).toMatchObject({ type: "/problems/operation-failed", retryable: true });
    expect(await statusOf(key)).toMatchObject({ status: "FAILED", attempts: 1 });
    if (end === "answered") expect((await sendAs(key)).status).toBe(201);
    expect(await sent(key)).toBe(end === "answered" ? 1 : 0);
  });

  test("refuses another payload before it tells anything of the record", async () => {
    const key = newKey();
    await sendAs(key, {}, "ambiguous");

    const other = await sendAs(key, {}, "answered");

    expect(other.json.type).toBe("/problems/request-mismatch");
  });

  test("is completed by its own answer, should that come late", async () => {
    const key = newKey();
    const late = sendAs(key, { fault: "overrun,delay=4000", wait: 20 });
    await eventually(async () => (await statusOf(key))?.status === "AMBIGUOUS");
    const held = await sendAs(key);

    const answer = await late;

    expect(held.status).toBe(409);
    expect(answer.status).toBe(201);
    expect((await sendAs(key)).text).toBe(answer.text);
    expect(await statusOf(key)).toMatchObject({ status: "COMPLETED", attempts: 1 });
    expect(await sent(key)).toBe(1);
  });

  test("gets the answer that an operator knows, for every retry", async () => {
    const key = newKey();
    await sendAs(key, { fault: "abort-after" });

    const resolved = await resolve(key, { as: "completed", answer: RESOLVED });
    const retries = [await sendAs(key), await sendAs(key)];

    expect(resolved.status).toBe(200);
    expect(resolved.json).toMatchObject({ idempotency_key: key, status: "COMPLETED", attempts: 1 });
    expect(resolved.json.history.at(-1)).toMatchObject({ status: "COMPLETED", attempt: 1, by: "olga" });
    for (const retry of retries) {
      expect([retry.status, retry.text]).toEqual([201, RESOLVED.body]);
      expect(retry.headers.get("X-Receipt")).toBe("7");
      expect(retry.headers.get("Idempotent-Replayed")).toBe("true");
    }
    expect(await sent(key)).toBe(1);
    expect(await statusOf(key)).toEqual(resolved.json);
  });

  test("runs again, with its next attempt, once an operator says that it failed", async () => {
    const key = newKey();
    await sendAs(key, { fault: "abort-before" });

    const resolved = await resolve(key, { as: "failed" });
    const retry = await sendAs(key);

    expect(resolved.json).toMatchObject({ status: "FAILED", attempts: 1 });
    expect(retry.status).toBe(201);
    const { status, attempts, history } = await statusOf(key);
    expect([status, attempts]).toEqual(["COMPLETED", 2]);
    expect(history.map(({ status, by }: any) => [status, by])).toEqual([
      ["PROCESSING", undefined],
      ["FAILED", "olga"],
      ["PROCESSING", undefined],
      ["COMPLETED", undefined],
    ]);
    expect(await sent(key)).toBe(1);
  });

  test("is new, for any payload, once an operator has its key forgotten, and the key's history stays", async () => {
    const key = newKey();
    await sendAs(key, {}, "ambiguous");

    const resolved = await resolve(key, { as: "forgotten" });
    const gone = await client.status(key, { as: "olga" });
    const next = await sendAs(key);

    expect(resolved.json).toMatchObject({ status: "FORGOTTEN" });
    expect(gone.status).toBe(404);
    expect(next.status).toBe(201);
    expect(await statusOf(key)).toMatchObject({ status: "COMPLETED", attempts: 1 });
    const steps = (await statusOf(key)).history.map(({ status }: { status: string }) => status);
    expect(steps).toEqual(["PROCESSING", "AMBIGUOUS", "FORGOTTEN", "PROCESSING", "COMPLETED"]);
  });

  test("is not completed by an answer that comes after an operator has spoken", async () => {
    const key = newKey();
    const late = sendAs(key, { fault: "overrun,delay=4000", wait: 20 });
    await eventually(async () => (await statusOf(key))?.status === "AMBIGUOUS");
    await resolve(key, { as: "completed", answer: RESOLVED });

    const answer = await late;

    expect(answer.status).toBe(503);
    expect((await sendAs(key)).text).toBe(RESOLVED.body);
  });

  test("is counted where it is", async () => {
    const value = async (sample: string) => {
      const { text } = await client.call("/metrics", { as: "olga" });
      const line = text.split("\n").find((line) => line.startsWith(`${sample} `));
      return Number(line?.split(" ")[1] ?? 0);
    };
    const records = () => value('idempotency_records{status="AMBIGUOUS"}');
    const requests = () => value('idempotency_requests_total{operation="unrepeated",outcome="ambiguous"}');
    let others = 0;
    /** What has happened is counted in its order: with the next request, all before it are. */
    const allIsCounted = async () => {
      const headers = { "X-Idempotency-Key": newKey() };
      await client.call("/any-answer", {
        method: "POST",
        headers,
        payload: { status: 200, headers: [], body: "" },
      });
      others++;
      const counter = 'idempotency_requests_total{operation="any_answer",outcome="executed"}';
      await eventually(async () => (await value(counter)) === others);
    };
    const key = newKey();
    await allIsCounted();
    const before = [await records(), await requests()];

    await sendAs(key, {}, "ambiguous");
    await allIsCounted();
    const held = [await records(), await requests()];
    await resolve(key, { as: "failed" });
    await allIsCounted();

    expect(held).toEqual(before.map((count) => count + 1));
    expect(await records()).toBe(before[0]);
  });
});

const send = (key: string, call: Call = {}, end = "answered") =>
  client.call(PATH, {
    method: "POST",
    payload: { end },
    ...call,
    headers: { "X-Idempotency-Key": key, ...call.headers },
  });

const resolve = (key: string, payload: unknown) =>
  client.call(`/api/v1/operations/idempotency/${key}/resolution`, {
    method: "POST",
    as: "olga",
    payload,
    headers: {},
  });

/** Asked about by its own caller, who is olga. */
const statusOf = async (key: string) => (await client.status(key, { as: "olga" })).json;

async function sent(key: string) {
  const db = await client.server.db();
  return db.prepare("SELECT count(*) AS n FROM sent WHERE idempotency_key = ?").bind(key).first("n");
}

const sendAs = (key: string, call: Call = {}, end?: string) => send(key, { as: "olga", ...call }, end);
