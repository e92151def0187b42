// The service in front of an API that knows no keys: what becomes of a request that may have been executed.

import { describe, expect, test } from "vitest";
import { eventually, newKey } from "../harness/client.ts";
import { gateway } from "../harness/gateway.ts";
import { heldReply } from "../harness/upstream.ts";

const api = gateway();
const { upstream } = api;

describe("an API that gives no whole answer", () => {
  test.each([
    ["reset", 502, "connection_terminated", "outcome-unknown"],
    ["cut", 502, "http_response_incomplete", "outcome-unknown"],
  ])("but a %s is told apart as far as the platform lets anyone", async (end, status, error, problem) => {
    const answer = await api.send(api.place(end), newKey());

    expect(answer.status).toBe(status);
    expect(answer.headers.get("Proxy-Status")).toBe(`edge-idempotency; error=${error}`);
    expect(await answer.json()).toMatchObject({ type: `/problems/${problem}`, retryable: false });
  });

  test.each(["hold", "resend", "probe"])("in time has taken too long, under %s", async (rule) => {
    const place = path(rule);
    const { reply } = heldReply(201);
    upstream.next.set(place, [reply]);

    const answer = await api.send(place, newKey());

    expect(answer.status).toBe(504);
    expect(answer.headers.get("Proxy-Status")).toBe("edge-idempotency; error=http_response_timeout");
    expect(answer.headers.get("X-Idempotency-Expires-At")).not.toBeNull();
    expect(await answer.json()).toMatchObject({ type: "/problems/upstream-timeout", retryable: true });
  });

  test("but may be asked again leaves a failure that says so", async () => {
    const place = path("resend");
    upstream.next.set(place, [{ status: "reset" }]);

    const answer = await api.send(place, newKey());

    expect(answer.status).toBe(503);
    expect(answer.headers.get("Proxy-Status")).toBe("edge-idempotency; error=connection_terminated");
    expect(await answer.json()).toMatchObject({ type: "/problems/operation-failed", retryable: true });
  });

  test("to a request without a key is named too", async () => {
    const answer = await api.send(api.place("reset"), undefined, { method: "GET" });

    expect(answer.headers.get("Proxy-Status")).toBe("edge-idempotency; error=connection_terminated");
  });
});

test.each([500, 429])("an answer of %i that is passed on says that it is the API's", async (status) => {
  const answer = await api.send(api.place(`new?status=${status}`), newKey());

  expect(answer.headers.get("Proxy-Status")).toBe(`edge-idempotency; received-status=${status}`);
});

test("an answer that is kept says nothing of how it came", async () => {
  const answer = await api.send(api.place("new"), newKey());

  expect(answer.headers.get("Proxy-Status")).toBeNull();
});

describe("a late answer", () => {
  test.each(["hold", "resend", "probe"])("is what every retry gets, under %s", async (rule) => {
    const [place, key] = [path(rule), newKey()];
    const { reply, release } = heldReply(201, "late");
    upstream.next.set(place, [reply]);
    expect((await api.send(place, key)).status).toBe(504);
    const meanwhile = await api.send(place, key);

    release();
    await eventually(() => logged(key, "Outcome of idempotent operation found out") !== undefined);
    const retry = await api.send(place, key);

    expect(await meanwhile.json()).toMatchObject({
      status: 409,
      type: rule === "hold" ? "/problems/outcome-unknown" : "/problems/operation-in-progress",
    });
    expect([retry.status, await retry.text()]).toEqual([201, "late"]);
    expect(retry.headers.get("Idempotent-Replayed")).toBe("true");
    expect(logged(key, "Outcome of idempotent operation found out")).toMatchObject({
      attempt: 1,
      source: "late_answer",
    });
    expect(upstream.at(place)).toHaveLength(1);
  });

  test.each(["hold", "resend"])("is waited for by who would wait, under %s", async (rule) => {
    const [place, key] = [path(rule), newKey()];
    const { reply, release } = heldReply(201, "late");
    upstream.next.set(place, [reply]);
    await api.send(place, key);

    const waiting = api.send(place, key, { headers: { Prefer: "wait=10" } });
    release();

    expect(await (await waiting).text()).toBe("late");
    expect(upstream.at(place)).toHaveLength(1);
  });

  test("that is not final changes nothing", async () => {
    const [place, key] = [path("hold"), newKey()];
    const { reply, release } = heldReply(500);
    upstream.next.set(place, [reply]);
    await api.send(place, key);

    release();
    await eventually(() => logged(key, "Attempt ended after it was given up") !== undefined);
    const retry = await api.send(place, key);

    expect(await retry.json()).toMatchObject({ type: "/problems/outcome-unknown" });
  });

  test("that says that nothing was done has it sent again", async () => {
    const [place, key] = [path("hold"), newKey()];
    const { reply, release } = heldReply(429);
    upstream.next.set(place, [reply, { status: 201, body: "again" }]);
    expect((await api.send(place, key)).status).toBe(504);

    release();
    const retry = await answered(() => api.send(place, key), 201);

    expect(await retry.text()).toBe("again");
    expect(upstream.at(place)).toHaveLength(2);
  });

  test("that does not come is not waited for longer than the request was", async () => {
    const [place, key] = [path("resend"), newKey()];
    const { reply } = heldReply(201, "late");
    upstream.next.set(place, [reply, { status: 201, body: "again" }]);
    await api.send(place, key);

    const retry = await answered(() => api.send(place, key), 201);

    expect(await retry.text()).toBe("again");
    const sent = upstream.at(place).map(({ fields }) => fields["idempotency-key"]);
    expect(sent).toHaveLength(2);
    expect(new Set(sent).size).toBe(1);
  });

  test("shows in the history of its key", async () => {
    const [place, key] = [path("hold"), newKey()];
    const { reply, release } = heldReply(201, "late");
    upstream.next.set(place, [reply]);
    await api.send(place, key);
    await eventually(() => logged(key, "Returning unknown outcome") !== undefined);

    release();
    await eventually(() => logged(key, "Outcome of idempotent operation found out") !== undefined);

    const status = await (await fetch(lookUp(key))).json();
    expect(status).toMatchObject({ status: "COMPLETED", attempts: 1 });
    const steps = (status as { history: { status: string }[] }).history.map(({ status }) => status);
    expect(steps).toEqual(["PROCESSING", "AMBIGUOUS", "COMPLETED"]);
  });
});

describe("an API that honors keys", () => {
  test("and says that the first request still runs has said nothing final", async () => {
    const [place, key] = [path("resend"), newKey()];
    upstream.next.set(place, [
      { status: "reset" },
      { status: 409, body: "in progress" },
      { status: 201, body: "done" },
    ]);

    const first = await api.send(place, key);
    const second = await api.send(place, key);
    const status = await (await fetch(await lookUpOf(key))).json();
    const third = await api.send(place, key);
    const retry = await api.send(place, key);

    expect([first.status, second.status, third.status, retry.status]).toEqual([503, 409, 201, 201]);
    expect(await second.text()).toBe("in progress");
    expect(second.headers.get("Proxy-Status")).toBe("edge-idempotency; received-status=409");
    expect(status).toMatchObject({ status: "AMBIGUOUS", attempts: 2 });
    expect(await retry.text()).toBe("done");
    expect(upstream.at(place)).toHaveLength(3);
  });

  test("may answer 409 to the first request, which is final", async () => {
    const [place, key] = [path("resend"), newKey()];
    upstream.next.set(place, [{ status: 409, body: "sold out" }]);

    const answers = [await api.send(place, key), await api.send(place, key)];

    expect(answers.map(({ status }) => status)).toEqual([409, 409]);
    expect(upstream.at(place)).toHaveLength(1);
  });

  test("and does nothing for a repetition leaves it unknown what the first request did", async () => {
    const [place, key] = [path("resend"), newKey()];
    upstream.next.set(place, [{ status: "reset" }, { status: 429 }]);

    await api.send(place, key);
    await api.send(place, key);

    const status = await (await fetch(await lookUpOf(key))).json();
    expect(status).toMatchObject({ status: "AMBIGUOUS", attempts: 2 });
  });
});

test("a policy that has become stricter holds what an earlier one would have sent again", async () => {
  const [place, key] = [path("resend"), newKey()];
  upstream.next.set(place, [{ status: "reset" }]);
  await api.send(place, key);
  const stricter = structuredClone(api.policy);
  for (const route of stricter.routes) Object.assign(route, { ambiguous: "hold" });

  await api.server.restart(undefined, stricter);
  const held = await api.send(place, key);
  await api.server.restart();

  expect(await held.json()).toMatchObject({ type: "/problems/outcome-unknown", retryable: false });
  expect(upstream.at(place)).toHaveLength(1);
});

/** A path of its own under a rule. */
const path = (rule: string) => `/brief/${rule}${api.place("new")}`;

function logged(key: string, message: string) {
  return api.server.logs.find((line) => line["idempotency_key"] === key && line["message"] === message);
}

/** The look-up of a key, whose caller's scope the log names. */
async function lookUpOf(key: string): Promise<URL> {
  await eventually(() => api.server.logs.some((line) => line["idempotency_key"] === key && line["caller"]));
  return lookUp(key);
}

function lookUp(key: string): URL {
  const line = api.server.logs.find((line) => line["idempotency_key"] === key && line["caller"]);
  const scope = String(line!["caller"]).replace("scope ", "");
  return new URL(`/api/v1/operations/idempotency/${key}?scope=${scope}`, api.server.address);
}

/** The first answer of this status. */
async function answered(ask: () => Promise<Response>, status: number): Promise<Response> {
  let answer = await ask();
  await eventually(async () => {
    if (answer.status !== status) answer = await ask();
    return answer.status === status;
  });
  return answer;
}
