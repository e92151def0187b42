// The outbox, where there is no page: Node.js, with the real service behind a network that fails.

import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { createIdempotentFetch } from "../../packages/client/src/index.ts";
import { createOutbox, type EnqueueInit, type Item, type Outbox } from "../../packages/client/src/outbox.ts";
import { memoryStore } from "../../packages/client/src/stores/memory.ts";
import { eventually, newKey, RESOURCES, serve } from "../harness/client.ts";
import { Proxy } from "./proxy.ts";

const client = serve();
const proxy = new Proxy(() => client.server.address);
beforeAll(() => proxy.start());
afterAll(() => proxy.stop());

describe("what is enqueued", () => {
  test("is sent once it is stored, with the key of its intent", async () => {
    const { outbox, events } = open();
    const name = newKey();

    await enqueue(outbox, name);

    await eventually(() => events.includes(`sent ${name}`));
    expect(events).toEqual([`queued ${name}`, `sending ${name}`, `sent ${name}`]);
    expect(await outbox.items()).toEqual([]);
    expect(await rows(name)).toBe(1);
  });

  test("outlives the program, and is sent by the next one", async () => {
    const stores = newStores();
    const name = newKey();
    const { outbox: first, stop } = open({ stores });
    proxy.next({ kind: "lost" });
    await enqueue(first, name);
    await eventually(async () => (await rows(name)) === 1);
    stop();

    const { events } = open({ stores });

    await eventually(() => events.includes(`sent ${name}`));
    expect(keys(name)).toHaveLength(1);
    expect(await rows(name)).toBe(1);
  });

  test("is not sent by a program that has not started its outbox", async () => {
    const stores = newStores();
    const outbox = createOutbox({
      fetch: createIdempotentFetch({ store: stores.intents }),
      store: stores.items,
    });
    const name = newKey();

    await enqueue(outbox, name);
    const before = keys(name);
    await outbox.flush();

    expect(before).toEqual([]);
    expect(keys(name)).toHaveLength(1);
  });

  test("is the same if it is enqueued again, and another request is refused", async () => {
    const { outbox, name } = await paused();

    await enqueue(outbox, name);

    await expect(enqueue(outbox, name, { body: '{"name":"other"}' })).rejects.toMatchObject({
      name: "IntentChangedError",
    });
    expect((await outbox.items()).length).toBe(1);
  });

  test("is stored without credentials, which are added to what is sent", async () => {
    const { outbox, name, stores } = await paused({ Authorization: "Bearer secret", "X-Api-Key": "secret" });

    const stored = JSON.stringify(await stores.items.list());
    const { events } = open({ stores });
    await eventually(() => events.includes(`sent ${name}`));

    expect(await outbox.items()).toEqual([]);
    expect(stored).not.toContain("secret");
    expect(sent(name)[0]!.headers).toMatchObject({
      authorization: "Bearer fresh",
      "content-type": "application/json",
    });
  });

  test("may be any bytes", async () => {
    const { outbox } = open();
    const body = Uint8Array.from({ length: 256 }, (_, byte) => byte);

    await outbox.enqueue(new URL(RESOURCES, proxy.address), { method: "POST", body, intent: newKey() });

    await eventually(() => proxy.passed.at(-1)?.content.equals(body) ?? false);
  });
});

describe("a group", () => {
  test("is sent in the order in which it was enqueued, whatever the network does", async () => {
    const { outbox, events } = open();
    const names = Array.from({ length: 6 }, newKey);
    proxy.next({ kind: "cut-before" }, { kind: "delay", ms: 100 }, { kind: "cut-after" }, { kind: "twice" });

    // Nobody waits for one before the next.
    await Promise.all(names.map((name) => enqueue(outbox, name, { group: "g" })));

    await eventually(() => events.includes(`sent ${names.at(-1)}`));
    expect(events.filter((event) => event.startsWith("sent"))).toEqual(names.map((name) => `sent ${name}`));
    const firsts = [...new Set(proxy.passed.map(({ body }) => nameIn(body)))];
    expect(firsts.filter((name) => names.includes(name!))).toEqual(names);
  });

  test("waits for one that is refused, until that is removed, and others do not wait", async () => {
    const { outbox, events } = open();
    const [refused, next, other] = [newKey(), newKey(), newKey()];

    await enqueue(outbox, refused, { group: "g", body: "{}" });
    await enqueue(outbox, next, { group: "g" });
    await enqueue(outbox, other);
    await eventually(() => events.includes(`refused ${refused}`) && events.includes(`sent ${other}`));
    const states = (await outbox.items()).map(({ intent, state }) => [intent, state]);
    const before = keys(next);
    await outbox.remove(refused);

    await eventually(() => events.includes(`sent ${next}`));
    expect(states).toEqual([
      [refused, "refused"],
      [next, "waiting"],
    ]);
    expect(before).toEqual([]);
    expect(await outbox.items()).toEqual([]);
  });

  test("goes on with a request that replaces the one that was refused, in its place", async () => {
    const { outbox, events } = open();
    const [corrected, next] = [newKey(), newKey()];
    await enqueue(outbox, corrected, { group: "g", body: "{}" });
    await enqueue(outbox, next, { group: "g" });
    await eventually(() => events.includes(`refused ${corrected}`));

    await enqueue(outbox, corrected, { group: "g", replace: true });

    await eventually(() => events.includes(`sent ${next}`));
    expect(events.indexOf(`sent ${corrected}`)).toBeLessThan(events.indexOf(`sent ${next}`));
    expect(await rows(corrected)).toBe(1);
  });
});

describe("an item that is not through", () => {
  test("is tried again from time to time, after the client's deadline too", async () => {
    const { outbox, events } = open({ deadlineMs: 50, everyMs: 20 });
    const name = newKey();
    proxy.next(...Array(4).fill({ kind: "cut-before" }));

    await enqueue(outbox, name);

    await eventually(() => events.includes(`sent ${name}`));
    expect(events).toContain(`waiting ${name}`);
    expect(keys(name)).toHaveLength(1);
  });

  test("is held if its outcome is unknown, and never sent again under another key", async () => {
    // The key expires before there may be a third attempt.
    const lifetimeMs = 3000;
    const { outbox, events } = open({ lifetimeMs });
    const name = newKey();
    proxy.next(
      { kind: "cut-after" },
      { kind: "answer", status: 503, headers: () => ({ "Retry-After": "60" }) },
    );

    await enqueue(outbox, name);
    const expired = Date.now() + lifetimeMs;
    await eventually(() => events.includes(`unknown ${name}`));
    await eventually(() => Date.now() > expired);
    await outbox.retry(name);
    await eventually(() => events.filter((event) => event === `unknown ${name}`).length === 2);

    expect(await outbox.items()).toMatchObject([{ intent: name, state: "unknown" }]);
    expect(keys(name)).toHaveLength(1);
    expect(await rows(name)).toBe(1);
  });

  test("is held if it is refused, and sent with the same key when it is to be tried again", async () => {
    const { outbox, events } = open();
    const name = newKey();
    proxy.next({ kind: "answer", status: 401 });
    await enqueue(outbox, name);
    await eventually(() => events.includes(`refused ${name}`));
    await outbox.flush();
    const before = sent(name).length;

    await outbox.retry(name);

    await eventually(() => events.includes(`sent ${name}`));
    expect(before).toBe(1);
    expect(keys(name)).toHaveLength(1);
  });

  test("that cannot be read is shown, never sent, and in nobody's way", async () => {
    const stores = newStores();
    await stores.items.update("damaged", () => "?" as unknown as Item);
    const { outbox, events } = open({ stores });
    const name = newKey();

    await enqueue(outbox, name);
    await eventually(() => events.includes(`sent ${name}`));

    expect(await outbox.items()).toMatchObject([{ intent: "damaged", state: "corrupt" }]);
    await expect(enqueue(outbox, "damaged")).rejects.toMatchObject({ name: "IntentChangedError" });
    await outbox.remove("damaged");
    expect(await outbox.items()).toEqual([]);
  });
});

describe("many", () => {
  test("are sent six at a time, for more would wait for a connection and time out", async () => {
    const { outbox, events } = open();
    const names = Array.from({ length: 20 }, newKey);
    const { promise, resolve } = Promise.withResolvers<void>();
    proxy.next(...Array(20).fill({ kind: "held", until: promise }));

    await Promise.all(names.map((name) => enqueue(outbox, name)));
    await eventually(() => names.filter((name) => sent(name).length > 0).length === 6);
    const onTheirWay = events.filter((event) => event.startsWith("sending")).length;
    resolve();

    await eventually(() => events.filter((event) => event.startsWith("sent")).length === 20);
    expect(onTheirWay).toBe(6);
  });

  test("programs with one store send each item once, and each is told of all", async () => {
    const stores = newStores();
    const outboxes = Array.from({ length: 4 }, () => open({ stores }));
    const names = Array.from({ length: 8 }, newKey);

    await Promise.all(names.map((name, index) => enqueue(outboxes[index % 4]!.outbox, name)));

    for (const { events } of outboxes)
      await eventually(() =>
        names.every((name) => events.filter((event) => event === `sent ${name}`).length === 1),
      );
    expect(names.map((name) => sent(name).length)).toEqual(names.map(() => 1));
  });

  test("programs that know no locks may send an item twice, with one key", async () => {
    vi.stubGlobal("navigator", undefined);
    onTestFinished(() => void vi.unstubAllGlobals());
    vi.resetModules();
    const { createOutbox: create } = await import("../../packages/client/src/outbox.ts");
    const stores = newStores();
    const [{ outbox, events }] = [open({ stores, create }), open({ stores, create })];
    const names = Array.from({ length: 8 }, newKey);

    await Promise.all(names.map((name) => enqueue(outbox, name, { group: "g" })));

    await eventually(() => names.every((name) => events.includes(`sent ${name}`)));
    expect(names.map((name) => keys(name).length)).toEqual(names.map(() => 1));
    for (const name of names) expect(await rows(name)).toBe(1);
  });
});

interface Stores {
  intents: ReturnType<typeof memoryStore>;
  items: ReturnType<typeof memoryStore<Item>>;
}

const newStores = (): Stores => ({ intents: memoryStore(), items: memoryStore<Item>() });

interface Opened {
  stores?: Stores;
  deadlineMs?: number;
  lifetimeMs?: number;
  everyMs?: number;
  create?: typeof createOutbox;
}

/** An outbox of a program that ends with the test. Programs with one store have one name too. */
function open({ stores = newStores(), everyMs, create = createOutbox, ...options }: Opened = {}) {
  const outbox = create({
    fetch: createIdempotentFetch({ store: stores.intents, ...options }),
    store: stores.items,
    name: nameOf(stores),
    headers: () => ({ Authorization: "Bearer fresh" }),
    ...(everyMs !== undefined && { everyMs }),
  });
  const events: string[] = [];
  outbox.subscribe(({ type, item }) => events.push(`${type} ${item.intent}`));
  const stop = outbox.start();
  onTestFinished(stop);
  return { outbox, events, stop };
}

const names = new WeakMap<Stores, string>();

function nameOf(stores: Stores): string {
  const name = names.get(stores) ?? newKey();
  names.set(stores, name);
  return name;
}

/** An outbox that is not started, with an item in it. */
async function paused(headers: Record<string, string> = {}) {
  const stores = newStores();
  const outbox = createOutbox({
    fetch: createIdempotentFetch({ store: stores.intents }),
    store: stores.items,
  });
  const name = newKey();
  await enqueue(outbox, name, { headers: { "Content-Type": "application/json", ...headers } });
  return { outbox, stores, name };
}

function enqueue(outbox: Outbox, name: string, init: Partial<EnqueueInit> = {}) {
  return outbox.enqueue(new URL(RESOURCES, proxy.address), {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ name }),
    intent: name,
    ...init,
  });
}

/** The requests that were sent for an intent whose resource has its name. */
const sent = (name: string) => proxy.passed.filter(({ body }) => nameIn(body) === name);

const keys = (name: string) => [...new Set(sent(name).map(({ key }) => key))];

async function rows(name: string): Promise<number> {
  await proxy.settled();
  return (await client.rowsWhere("resources", "name", name)).length;
}

function nameIn(body: string): string | undefined {
  return body.startsWith("{") ? (JSON.parse(body) as { name?: string }).name : undefined;
}
