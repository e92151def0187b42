// The Kotlin client against the real service, through a network that fails, in processes that are killed.

import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { Proxy } from "../client/proxy.ts";
import { eventually, RESOURCES, serve } from "../harness/client.ts";
import { JSON_TYPE, Phone } from "./phone.ts";

const api = serve();
const network = new Proxy(() => api.server.address);
/** Of tests that kill none. */
let phone: Phone;
let intents = 0;

beforeAll(async () => {
  phone = new Phone(await network.start());
});
afterAll(async () => {
  await phone.destroy();
  network.stop();
});

describe("one intent", () => {
  test("takes effect once, and gives the same answer whenever it is asked for", async () => {
    const intent = newIntent();
    const first = await phone.call(intent);

    const again = await phone.call(intent);

    expect(first.answer.status).toBe(201);
    expect(again.answer.text).toBe(first.answer.text);
    expect(again.answer.headers).toContainEqual(["idempotent-replayed", "true"]);
    expect(await effects(intent)).toHaveLength(1);
  });

  test("has one key in eight threads at once", async () => {
    const intent = newIntent();

    const told = await Promise.all(Array.from({ length: 8 }, () => phone.call(intent)));

    expect(new Set(told.map(({ answer }) => answer.text)).size).toBe(1);
    expect(keys(intent)).toHaveLength(1);
    expect(await effects(intent)).toHaveLength(1);
  });

  test("has one key in two processes at once", async () => {
    const intent = newIntent();
    const other = start(phone.folder);
    await Promise.all([phone.ask("pending"), other.ask("pending")]);

    const told = await Promise.all([phone.call(intent), other.call(intent)]);

    expect(told[0].answer.text).toBe(told[1].answer.text);
    expect(keys(intent)).toHaveLength(1);
    expect(await effects(intent)).toHaveLength(1);
  });

  test("with another body is refused before anything is sent", async () => {
    const intent = newIntent();
    await phone.call(intent);

    const { error } = await phone.call(intent, { body: '{"name":"Another"}' });

    expect(error).toBe("IntentChangedException");
    expect(sent(intent)).toHaveLength(1);
  });
});

describe("a process that is killed", () => {
  test("between store and send leaves its key to the next one", async () => {
    const phone = start();
    const intent = newIntent();
    void phone.call(intent, { transport: "stuck" });
    await eventually(() => phone.files().length === 1);
    await phone.kill();

    const { answer } = await start(phone.folder).call(intent);

    expect(answer.status).toBe(201);
    expect(phone.stored()).toContain(keys(intent)[0]);
    expect(sent(intent)).toHaveLength(1);
  });

  test.each(["held", "lost"] as const)(
    "between send and answer, while the request is %s, leaves its key to the next one",
    async (kind) => {
      const phone = start();
      const intent = newIntent();
      const { promise, resolve } = Promise.withResolvers<void>();
      network.next(kind === "held" ? { kind, until: promise } : { kind });
      void phone.call(intent);
      await eventually(async () => sent(intent).length === 1 && (kind === "held" || (await hasRun(intent))));
      await phone.kill();
      resolve();

      const { answer } = await start(phone.folder).call(intent);

      expect(answer.status).toBe(201);
      expect(keys(intent)).toHaveLength(1);
      expect(await effects(intent)).toHaveLength(1);
    },
  );

  test("has its request sent by the next one, which has the credentials only from the app", async () => {
    const phone = start();
    const intent = newIntent();
    network.next({ kind: "lost" });
    void phone.call(intent, { keep: true, headers: { ...JSON_TYPE, Authorization: "Bearer secret" } });
    await eventually(() => hasRun(intent));
    await phone.kill();
    const stored = phone.stored();

    const next = start(phone.folder);
    const pending = (await next.ask("pending")).answer;
    const { answer } = await next.ask("resume", { intent, headers: { Authorization: "Bearer secret" } });

    expect(pending).toEqual([[intent, "PENDING", keys(intent)[0]]]);
    expect(answer.status).toBe(201);
    expect(stored).not.toContain("secret");
    expect(sent(intent).map(({ headers }) => headers.authorization)).toEqual(Array(2).fill("Bearer secret"));
    expect(await effects(intent)).toHaveLength(1);
  });
});

describe("an answer that is not definitive", () => {
  test("409 is asked for again until the first request has its answer", async () => {
    const intent = newIntent();
    network.next({ kind: "service", fault: "delay=1500" });
    const first = phone.call(intent);
    await eventually(() => sent(intent).length === 1);

    const second = await phone.call(intent, { wait_s: 0 });

    expect(second.answer.text).toBe((await first).answer.text);
    expect(second.answer.headers).toContainEqual(["idempotent-replayed", "true"]);
    expect(sent(intent).length).toBeGreaterThan(2);
    expect(await effects(intent)).toHaveLength(1);
  });

  test.each(["fail-before", "fail-after", "abort-after"])(
    "503 after %s is repeated no earlier than it asks",
    async (fault) => {
      const intent = newIntent();
      network.next({ kind: "service", fault });

      const { answer } = await phone.call(intent);

      const [failed, repeated, ...more] = sent(intent);
      expect(answer.status).toBe(201);
      expect(repeated!.at - failed!.at).toBeGreaterThanOrEqual(1000);
      expect(more).toEqual([]);
      expect(await effects(intent)).toHaveLength(1);
    },
  );

  test.each(["cut-before", "cut-after", "torn", "twice"] as const)(
    "a network fault (%s) leaves one effect and one answer",
    async (kind) => {
      const intent = newIntent();
      network.next({ kind });

      const { answer } = await phone.call(intent);

      expect(answer.status).toBe(201);
      expect(JSON.parse(answer.text).name).toBe(intent);
      expect(await effects(intent)).toHaveLength(1);
    },
  );

  test("the death of the service is outlived", async () => {
    const intent = newIntent();
    network.next({ kind: "service", fault: "delay=10000" });
    const asked = phone.call(intent);
    await eventually(async () => (await statusOf(intent)) === "PROCESSING");

    await api.server.kill();

    expect((await asked).answer.status).toBe(201);
    expect(await effects(intent)).toHaveLength(1);
  });

  test("the deadline ends the call and not the intent", async () => {
    const intent = newIntent();
    network.next({ kind: "answer", status: 503, headers: () => ({ "Retry-After": "5" }) });
    const late = await phone.call(intent, { deadline_ms: 4000 });

    const { answer } = await phone.call(intent);

    expect(late.error).toBe("DeadlineExceededException");
    expect(answer.status).toBe(201);
    expect(keys(intent)).toHaveLength(1);
  });

  test("an interrupt ends the call and not the intent", async () => {
    const intent = newIntent();
    network.next({ kind: "lost" });
    const asked = phone.call(intent);
    await eventually(() => hasRun(intent));
    asked.interrupt();
    const { error } = await asked;

    const { answer } = await phone.call(intent);

    expect(error).toBe("InterruptedException");
    expect(answer.headers).toContainEqual(["idempotent-replayed", "true"]);
    expect(keys(intent)).toHaveLength(1);
  });
});

test("a thread that was interrupted before begins nothing", async () => {
  const phone = start();
  const intent = newIntent();

  const { error } = await phone.call(intent, { interrupted: true });

  expect(error).toBe("InterruptedException");
  expect(phone.files()).toEqual([]);
  expect(sent(intent)).toEqual([]);
});

test("a library's own way to tell of an interrupt ends the call too", async () => {
  const told = await phone.call(newIntent(), { transport: "stopped" });

  expect(told.error).toBe("InterruptedException");
});

describe("an unknown outcome", () => {
  const HELD = {
    kind: "answer" as const,
    status: 502,
    headers: () => ({ "Content-Type": "application/problem+json" }),
    body: '{"type":"/problems/outcome-unknown","retryable":false}',
  };

  test("of a key that never came is one that the service does not know", async () => {
    const intent = newIntent();
    network.next(HELD);

    const told = await phone.call(intent, { status: true });

    expect(told).toMatchObject({ error: "OutcomeUnknownException", reason: "REPORTED", status: null });
  });

  test("of a key that the service knows is looked up", async () => {
    const intent = newIntent();
    await phone.call(intent);
    network.next(HELD);

    const told = await phone.call(intent, { status: true });

    expect(told).toMatchObject({ error: "OutcomeUnknownException", status: "COMPLETED" });
    expect(told.history).toEqual(["PROCESSING", "COMPLETED"]);
  });
});

test("an acknowledged intent leaves no file, and the next request has a new key", async () => {
  const phone = start();
  const intent = newIntent();
  await phone.call(intent);
  await phone.ask("acknowledge", { intent });
  const left = phone.files();

  await phone.call(intent);

  expect(left).toEqual([]);
  expect(keys(intent)).toHaveLength(2);
});

test("a store that cannot be written keeps the request from being sent", async () => {
  const intent = newIntent();

  const { error } = await phone.call(intent, { folder: "/dev/null/intents" });

  expect(error).toBe("IOException");
  expect(sent(intent)).toEqual([]);
});

/** Another app, or another process of one: it ends with the test. */
function start(folder?: string): Phone {
  const started = new Phone(network.address, folder);
  onTestFinished(() => started.destroy());
  return started;
}

const newIntent = () => `Order:${++intents}/ü`;

const sent = (intent: string) => network.passed.filter(({ body }) => JSON.parse(body).name === intent);

const keys = (intent: string) => [...new Set(sent(intent).map(({ key }) => key))];

/** The rows that the intent has made, once nothing of it is under way. */
async function effects(intent: string) {
  await network.settled();
  return api.rowsWhere("resources", "name", intent);
}

const statusOf = async (intent: string) => (await api.status(keys(intent)[0]!)).json?.status;

const hasRun = async (intent: string) => (await api.rowsWhere("resources", "name", intent)).length === 1;
