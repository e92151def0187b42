// Traces (W3C Trace Context): whose request made an answer, and what of a trace passes to the API behind the service.

import { describe, expect, test } from "vitest";
import { type Answer, eventually, newKey, serve } from "../harness/client.ts";
import { gateway } from "../harness/gateway.ts";
import { copyName, forget, objectName, record } from "../harness/objects.ts";

const api = serve();
const behind = gateway();
const { upstream } = behind;

/** What a replay says of the request that made its answer. */
const MADE_BY = "X-Idempotency-Trace-ID";

describe("a request with a trace", () => {
  test("has it in each of its log lines, also if it is refused or an operator's", async () => {
    const key = newKey();
    const [first, replay, refused, operator] = [trace(), trace(), trace(), trace()];

    await api.create(key, of(first));
    await api.create(key, of(replay));
    await api.create(key, { ...of(refused), payload: "{" });
    await api.call(`/api/v1/operations/idempotency/${key}/resolution`, {
      ...of(operator),
      method: "POST",
      payload: { as: "forgotten" },
    });

    expect(await messagesOf(first, 3)).toEqual([
      "Starting idempotent operation",
      "Idempotent operation completed",
      "Returning first result",
    ]);
    expect(await messagesOf(replay, 1)).toEqual(["Returning cached result"]);
    expect(await messagesOf(refused, 1)).toEqual(["Request refused"]);
    expect(await messagesOf(operator, 1)).toEqual(["Idempotency key resolved"]);
  });

  test("is named in the history of its key and in no first answer", async () => {
    const key = newKey();
    const first = trace();

    const answers = [
      await api.create(key, { ...of(first), fault: "fail-before" }),
      await api.create(key, of(first)),
    ];

    for (const { headers } of answers) expect(headers.has(MADE_BY)).toBe(false);
    expect(await historyOf(key)).toEqual([
      ["PROCESSING", 1, first],
      ["FAILED", 1, first],
      ["PROCESSING", 2, first],
      ["COMPLETED", 2, first],
    ]);
  });

  test.each([
    ["of version 00", (id: string) => `00-${id}-00f067aa0ba902b7-00`],
    ["of a version to come", (id: string) => `cc-${id}-00f067aa0ba902b7-01-more`],
  ])("is known %s", async (_, written) => {
    const key = newKey();
    const id = trace();

    await api.create(key, { headers: { traceparent: written(id) } });

    expect((await api.create(key)).headers.get(MADE_BY)).toBe(id);
  });
});

describe("a replay names the trace of the request that made its answer", () => {
  test("from memory, from the object and from KV, and is that answer byte for byte", async () => {
    const key = newKey();
    const made = trace();
    const first = await api.create(key, of(made));
    await copied(key);

    const replays = [await api.create(key, of(trace()))];
    const stored = record(api.server, objectName(key))!;
    await api.server.restart();
    replays.push(await api.create(key, of(trace())));
    await api.server.restart(() => forget(api.server, objectName(key)));
    replays.push(await api.create(key, { ...of(trace()), fault: "abort-before" }));

    expect(await sourcesOf(key, 3)).toEqual(["memory", "object", "kv"]);
    for (const replay of replays) expectReplay(replay, first, made);
    expect(stored.slice(stored.indexOf("\n") + 1)).toBe(first.text);
  });

  test("which is the attempt that succeeded, not the one that came first", async () => {
    const key = newKey();
    const [failed, made] = [trace(), trace()];
    await api.create(key, { ...of(failed), fault: "fail-after" });
    const second = await api.create(key, of(made));

    const replay = await api.create(key, of(failed));

    expectReplay(replay, second, made);
    expect(await historyOf(key)).toEqual([
      ["PROCESSING", 1, failed],
      ["FAILED", 1, failed],
      ["PROCESSING", 2, made],
      ["COMPLETED", 2, made],
    ]);
  });

  test("also if it has waited for that request", async () => {
    const key = newKey();
    const made = trace();
    const first = api.create(key, { ...of(made), fault: "delay=2000" });
    await api.isRunning(key);

    const replay = await api.create(key, { ...of(trace()), wait: 20 });

    expectReplay(replay, await first, made);
  });

  test("and no other caller's, who has the same key", async () => {
    const key = newKey();
    const [anns, bobs] = [trace(), trace()];
    await api.create(key, { ...of(anns), as: "ann" });
    await api.create(key, { ...of(bobs), as: "bob" });

    const replays = [await api.create(key, { as: "ann" }), await api.create(key, { as: "bob" })];

    expect(replays.map(({ headers }) => headers.get(MADE_BY))).toEqual([anns, bobs]);
  });

  test("unless that had none, whatever the attempt before it had", async () => {
    const key = newKey();
    const failed = trace();
    await api.create(key, { ...of(failed), fault: "fail-before" });
    await api.create(key);

    const replay = await api.create(key, of(trace()));

    expect(replay.headers.get("Idempotent-Replayed")).toBe("true");
    expect(replay.headers.has(MADE_BY)).toBe(false);
    expect(await historyOf(key)).toEqual([
      ["PROCESSING", 1, failed],
      ["FAILED", 1, failed],
      ["PROCESSING", 2, undefined],
      ["COMPLETED", 2, undefined],
    ]);
  });
});

const INVALID: [string, (valid: string) => string][] = [
  ["is empty", () => ""],
  ["is too short", (valid) => valid.slice(0, -1)],
  ["is too long for its version", (valid) => `${valid}-01`],
  ["has the version ff", (valid) => valid.replace(/^00/, "ff")],
  ["has capitals", (valid) => valid.replace(/-[0-9a-f]{32}-/, `-${"AB".repeat(16)}-`)],
  ["has a trace of zeros", (valid) => valid.replace(/-[0-9a-f]{32}-/, `-${"0".repeat(32)}-`)],
  ["has a parent of zeros", (valid) => valid.replace(/-[0-9a-f]{16}-/, `-${"0".repeat(16)}-`)],
  ["is there twice", (valid) => `${valid}, ${valid}`],
  ["is longer than any field may be", (valid) => valid.replace(/^00/, "01") + "-x".repeat(5000)],
];

describe("a traceparent that", () => {
  test.each(INVALID)("%s is ignored, and is no error", async (_, spoil) => {
    const key = newKey();
    const traceparent = spoil(parent(trace()));

    const first = await api.create(key, { headers: { traceparent } });
    const replay = await api.create(key);

    expect(first.status).toBe(201);
    expect(replay.headers.has(MADE_BY)).toBe(false);
    expect((await historyOf(key)).map(([, , id]) => id)).toEqual([undefined, undefined]);
    for (const line of await api.logged({ idempotency_key: key }))
      expect(line).not.toHaveProperty("trace_id");
  });

  test.each(INVALID.slice(0, -1))("%s does not pass to an API, nor does its state", async (_, spoil) => {
    const path = behind.place("new");
    const headers = { traceparent: spoil(parent(trace())), tracestate: "a=1" };

    await behind.send(path, newKey(), { headers });

    const { fields } = upstream.at(path)[0]!;
    expect(fields).not.toHaveProperty("traceparent");
    expect(fields).not.toHaveProperty("tracestate");
  });
});

describe("an API gets the trace and its state as they came, once,", () => {
  test.each<[string, string | undefined, RequestInit]>([
    ["with a key", newKey(), {}],
    ["without a key", undefined, {}],
    ["of a request that passes through", undefined, { method: "GET" }],
  ])("%s", async (_, key, init) => {
    const path = behind.place("new");
    const headers = { traceparent: parent(trace()), tracestate: `a=${"x".repeat(500)},b=2` };

    await behind.send(path, key, { ...init, headers });

    const [received, ...others] = upstream.at(path);
    expect(others).toEqual([]);
    expect(received!.fields).toMatchObject(headers);
  });

  test("but no state that is too long", async () => {
    const path = behind.place("new");
    const headers = { traceparent: parent(trace()), tracestate: `a=${"x".repeat(511)}` };

    await behind.send(path, newKey(), { headers });

    const { fields } = upstream.at(path)[0]!;
    expect(fields).toMatchObject({ traceparent: headers.traceparent });
    expect(fields).not.toHaveProperty("tracestate");
  });

  test("of the request that it is asked for: of each attempt, and of a retry that has it asked", async () => {
    const [resent, held] = [newKey(), newKey()];
    const [sent, again, asking] = [trace(), trace(), trace()];
    const [path, probed] = ["/resend/reset", "/brief/probe/reset"];
    const headers = (id: string) => ({ headers: { traceparent: parent(id) } });
    await behind.send(path, resent, headers(sent));
    await behind.send(path, resent, headers(again));
    await behind.send(probed, held, headers(sent));

    await behind.send(probed, held, headers(asking));

    const tracesAt = (to: string) =>
      upstream.received.filter(({ url }) => url.startsWith(to)).map(({ fields }) => fields["traceparent"]);
    expect(tracesAt(path)).toEqual([parent(sent), parent(again)]);
    expect(tracesAt(`/found/${held}`)).toEqual([parent(asking)]);
  });

  test("and a replay names that of the request that it got", async () => {
    const path = behind.place("new");
    const key = newKey();
    const made = trace();
    await behind.send(path, key, { headers: { traceparent: parent(made) } });

    const replay = await behind.send(path, key, { headers: { traceparent: parent(trace()) } });

    expect(replay.headers.get("Idempotent-Replayed")).toBe("true");
    expect(replay.headers.get(MADE_BY)).toBe(made);
    expect(upstream.at(path)).toHaveLength(1);
  });
});

/** The id of a new trace. */
const trace = () => newKey().replaceAll("-", "");

const parent = (id: string) => `00-${id}-00f067aa0ba902b7-01`;

/** A call in this trace. */
const of = (id: string) => ({ headers: { traceparent: parent(id) } });

/** What the log says of a trace, once there are so many lines. Another must not come after them. */
async function messagesOf(id: string, count: number) {
  const lines = () => api.server.logs.filter((line) => line.trace_id === id);
  await eventually(() => lines().length >= count);
  return lines().map(({ message }) => message);
}

/** Where replays of a key came from, once there are so many. */
async function sourcesOf(key: string, count: number) {
  const lines = () =>
    api.server.logs.filter((line) => line.idempotency_key === key && line.source !== undefined);
  await eventually(() => lines().length >= count);
  return lines().map(({ source }) => source);
}

/** Each step's status, attempt and trace. */
async function historyOf(key: string): Promise<[string, number, string | undefined][]> {
  const { history } = (await api.status(key)).json;
  return history.map(({ status, attempt, trace_id }: any) => [status, attempt, trace_id]);
}

/** Waits for the copy in KV, which is made after the answer. */
async function copied(key: string) {
  const kv = await api.server.kv();
  await eventually(async () => (await kv.get(copyName(key))) !== null);
}

function expectReplay(replay: Answer, first: Answer, madeBy: string) {
  expect([replay.status, replay.text]).toEqual([201, first.text]);
  expect(replay.headers.get("Idempotent-Replayed")).toBe("true");
  expect(replay.headers.get(MADE_BY)).toBe(madeBy);
}
