// The outbox, where there is no page: Node.js, with the real service behind a network that fails.

import { describe, expect, onTestFinished, test, vi } from "vitest";
import { createIdempotentFetch } from "../../packages/client/src/index.ts";
import { createOutbox, type Item } from "../../packages/client/src/outbox.ts";
import { eventually, newKey, RESOURCES } from "../harness/client.ts";
import { nameIn, newStores, programs } from "./programs.ts";

const shop = programs();

describe("what is enqueued", () => {
  test("is sent once it is stored, with the key of its intent", async () => {
    const { outbox, events } = shop.open();
    const name = newKey();

    await shop.enqueue(outbox, name);

    await eventually(() => events.includes(`sent ${name}`));
    expect(events).toEqual([`queued ${name}`, `sending ${name}`, `sent ${name}`]);
    expect(await outbox.items()).toEqual([]);
    expect(await shop.rows(name)).toBe(1);
  });

  test("outlives the program, and is sent by the next one", async () => {
    const stores = newStores();
    const name = newKey();
    const { outbox: first, stop } = shop.open({ stores });
    shop.proxy.next({ kind: "lost" });
    await shop.enqueue(first, name);
    await eventually(async () => (await shop.rows(name)) === 1);
    stop();

    const { events } = shop.open({ stores });

    await eventually(() => events.includes(`sent ${name}`));
    expect(shop.keys(name)).toHaveLength(1);
    expect(await shop.rows(name)).toBe(1);
  });

  test("is not sent by a program that has not started its outbox", async () => {
    const stores = newStores();
    const outbox = createOutbox({
      fetch: createIdempotentFetch({ store: stores.intents }),
      store: stores.items,
    });
    const name = newKey();

    await shop.enqueue(outbox, name);
    const before = shop.keys(name);
    await outbox.flush();

    expect(before).toEqual([]);
    expect(shop.keys(name)).toHaveLength(1);
  });

  test("is the same if it is enqueued again, and another request is refused", async () => {
    const { outbox, name } = await shop.paused();

    const [before] = await outbox.items();

    await shop.enqueue(outbox, name);

    for (const replace of [false, true]) {
      const other = shop.enqueue(outbox, name, { body: '{"name":"other"}', replace });
      await expect(other).rejects.toMatchObject({ name: "IntentChangedError" });
    }
    expect(await outbox.items()).toEqual([before]);
  });

  test.each([undefined, ""])("is refused without an intent, and not stored: %j", async (intent) => {
    const { outbox } = await shop.paused();
    const before = await outbox.items();

    const enqueued = outbox.enqueue("https://shop.example/", { intent: intent as string });

    await expect(enqueued).rejects.toThrow(TypeError);
    expect(await outbox.items()).toEqual(before);
  });

  test("is stored without credentials, which are added to what is sent", async () => {
    const { outbox, name, stores } = await shop.paused({
      Authorization: "Bearer secret",
      "X-Api-Key": "secret",
    });

    const stored = JSON.stringify(await stores.items.list());
    const { events } = shop.open({ stores });
    await eventually(() => events.includes(`sent ${name}`));

    expect(await outbox.items()).toEqual([]);
    expect(stored).not.toContain("secret");
    expect(shop.sent(name)[0]!.headers).toMatchObject({
      authorization: "Bearer fresh",
      "content-type": "application/json",
    });
  });

  test("may be any bytes", async () => {
    const { outbox } = shop.open();
    const body = Uint8Array.from({ length: 256 }, (_, byte) => byte);

    await outbox.enqueue(new URL(RESOURCES, shop.proxy.address), { method: "POST", body, intent: newKey() });

    await eventually(() => shop.proxy.passed.at(-1)?.content.equals(body) ?? false);
  });
});

describe("a group", () => {
  test("is sent in the order in which it was enqueued, whatever the network does", async () => {
    const { outbox, events } = shop.open();
    const names = Array.from({ length: 6 }, newKey);
    shop.proxy.next(
      { kind: "cut-before" },
      { kind: "delay", ms: 100 },
      { kind: "cut-after" },
      { kind: "twice" },
    );

    // Nobody waits for one before the next, and it takes a while to digest the first.
    const bodies = names.map(
      (name, index) => JSON.stringify({ name }) + " ".repeat(index === 0 ? 200_000 : 0),
    );
    await Promise.all(
      names.map((name, index) => shop.enqueue(outbox, name, { group: "g", body: bodies[index]! })),
    );

    await eventually(() => events.includes(`sent ${names.at(-1)}`));
    expect(events.filter((event) => event.startsWith("sent"))).toEqual(names.map((name) => `sent ${name}`));
    const firsts = [...new Set(shop.proxy.passed.map(({ body }) => nameIn(body)))];
    expect(firsts.filter((name) => names.includes(name!))).toEqual(names);
  });

  test("waits for one that is refused, until that is removed, and others do not wait", async () => {
    const { outbox, events } = shop.open();
    const [refused, next, other] = [newKey(), newKey(), newKey()];

    await shop.enqueue(outbox, refused, { group: "g", body: "{}" });
    await shop.enqueue(outbox, next, { group: "g" });
    await shop.enqueue(outbox, other);
    await eventually(() => events.includes(`refused ${refused}`) && events.includes(`sent ${other}`));
    const states = (await outbox.items()).map(({ intent, state }) => [intent, state]);
    const before = shop.keys(next);
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
    const { outbox, events } = shop.open();
    const [corrected, next] = [newKey(), newKey()];
    await shop.enqueue(outbox, corrected, { group: "g", body: "{}" });
    await shop.enqueue(outbox, next, { group: "g" });
    await eventually(() => events.includes(`refused ${corrected}`));

    await shop.enqueue(outbox, corrected, { group: "g", replace: true });

    await eventually(() => events.includes(`sent ${next}`));
    expect(events.indexOf(`sent ${corrected}`)).toBeLessThan(events.indexOf(`sent ${next}`));
    expect(await shop.rows(corrected)).toBe(1);
  });
});

describe("an item that is not through", () => {
  test("is tried again from time to time, after the client's deadline too", async () => {
    const { outbox, events } = shop.open({ deadlineMs: 300, everyMs: 20 });
    const name = newKey();
    shop.proxy.next(...Array(4).fill({ kind: "cut-before" }));

    await shop.enqueue(outbox, name);

    await eventually(() => events.includes(`sent ${name}`));
    expect(events).toContain(`waiting ${name}`);
    expect(shop.keys(name)).toHaveLength(1);
  });

  test("makes a Background Sync fail, which a browser repeats, until it is through", async () => {
    const worker = new EventTarget();
    vi.stubGlobal("addEventListener", worker.addEventListener.bind(worker));
    onTestFinished(() => void vi.unstubAllGlobals());
    const stores = newStores();
    const { outbox, events } = shop.open({ stores, deadlineMs: 300 });
    const name = newKey();
    shop.proxy.fault = () => ({ kind: "cut-before" });
    await shop.enqueue(outbox, name);
    await eventually(() => events.includes(`waiting ${name}`));
    const failed = sync(worker, stores.name);

    await expect(failed).rejects.toBe(undefined);
    shop.proxy.fault = () => ({ kind: "none" });
    await eventually(() => sync(worker, stores.name).then(() => true));

    expect(events).toContain(`sent ${name}`);
  });

  test("is held if its outcome is unknown, and never sent again under another key", async () => {
    const { outbox, events } = shop.open();
    const name = newKey();
    // The key expires before there may be a third attempt.
    const lifetimeMs = 3000;
    shop.proxy.next(
      { kind: "cut-after" },
      { kind: "answer", status: 503, headers: () => ({ "Retry-After": "60" }) },
    );

    await shop.enqueue(outbox, name, { lifetimeMs });
    const expired = Date.now() + lifetimeMs;
    await eventually(() => events.includes(`unknown ${name}`));
    await eventually(() => Date.now() > expired);
    await outbox.retry(name);
    await eventually(() => events.filter((event) => event === `unknown ${name}`).length === 2);

    expect(await outbox.items()).toMatchObject([{ intent: name, state: "unknown" }]);
    expect(shop.keys(name)).toHaveLength(1);
    expect(await shop.rows(name)).toBe(1);
  });

  test("is held if the answer leads elsewhere", async () => {
    const { outbox, events } = shop.open();
    const name = newKey();
    shop.proxy.next({ kind: "answer", status: 303, headers: () => ({ Location: "/sign-in" }) });

    await shop.enqueue(outbox, name);

    await eventually(() => events.includes(`refused ${name}`));
    expect(await outbox.items()).toMatchObject([{ intent: name, state: "refused" }]);
  });

  test("is held if it is refused, and sent with the same key when it is to be tried again", async () => {
    const { outbox, events } = shop.open();
    const name = newKey();
    shop.proxy.next({ kind: "answer", status: 401 });
    await shop.enqueue(outbox, name);
    await eventually(() => events.includes(`refused ${name}`));
    await outbox.flush();
    const before = shop.sent(name).length;

    await outbox.retry(name);

    await eventually(() => events.includes(`sent ${name}`));
    expect(before).toBe(1);
    expect(shop.keys(name)).toHaveLength(1);
  });

  test("that cannot be read is shown, never sent, and in nobody's way", async () => {
    const stores = newStores();
    await stores.items.update("damaged", () => "?" as unknown as Item);
    const { outbox, events } = shop.open({ stores });
    const name = newKey();

    await shop.enqueue(outbox, name);
    await eventually(() => events.includes(`sent ${name}`));

    expect(await outbox.items()).toMatchObject([{ intent: "damaged", state: "corrupt" }]);
    await expect(shop.enqueue(outbox, "damaged")).rejects.toMatchObject({ name: "IntentChangedError" });
    await outbox.remove("damaged");
    expect(await outbox.items()).toEqual([]);
  });
});

describe("many", () => {
  test("are sent six at a time, for more would wait for a connection and time out", async () => {
    const { outbox, events } = shop.open();
    const names = Array.from({ length: 20 }, newKey);
    const { promise, resolve } = Promise.withResolvers<void>();
    shop.proxy.next(...Array(20).fill({ kind: "held", until: promise }));

    await Promise.all(names.map((name) => shop.enqueue(outbox, name)));
    await eventually(() => names.filter((name) => shop.sent(name).length > 0).length === 6);
    const onTheirWay = events.filter((event) => event.startsWith("sending")).length;
    resolve();

    await eventually(() => events.filter((event) => event.startsWith("sent")).length === 20);
    expect(onTheirWay).toBe(6);
  });

  test("programs with one store send each item once, and each is told of all", async () => {
    const stores = newStores();
    const outboxes = Array.from({ length: 4 }, () => shop.open({ stores }));
    const names = Array.from({ length: 8 }, newKey);

    await Promise.all(names.map((name, index) => shop.enqueue(outboxes[index % 4]!.outbox, name)));

    for (const { events } of outboxes)
      await eventually(() =>
        names.every((name) => events.filter((event) => event === `sent ${name}`).length === 1),
      );
    expect(names.map((name) => shop.sent(name).length)).toEqual(names.map(() => 1));
  });

  test("programs that know no locks may send an item twice, with one key", async () => {
    vi.stubGlobal("navigator", undefined);
    onTestFinished(() => void vi.unstubAllGlobals());
    vi.resetModules();
    const { createOutbox: create } = await import("../../packages/client/src/outbox.ts");
    const stores = newStores();
    const [{ outbox, events }] = [shop.open({ stores, create }), shop.open({ stores, create })];
    const names = Array.from({ length: 8 }, newKey);

    await Promise.all(names.map((name) => shop.enqueue(outbox, name, { group: "g" })));

    await eventually(() => names.every((name) => events.includes(`sent ${name}`)));
    expect(names.map((name) => shop.keys(name).length)).toEqual(names.map(() => 1));
    for (const name of names) expect(await shop.rows(name)).toBe(1);
  });
});

/** Resolves or rejects as what the outbox has the browser wait for. */
function sync(worker: EventTarget, tag: string): Promise<unknown> {
  let awaited: Promise<unknown> | undefined;
  const waitUntil = (promise: Promise<unknown>) => (awaited = promise);
  worker.dispatchEvent(Object.assign(new Event("sync"), { tag, waitUntil }));
  return awaited!;
}
