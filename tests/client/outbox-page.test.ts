// The outbox in pages and their service worker.

import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { eventually, newKey } from "../harness/client.ts";
import { openShop } from "./shop.ts";

const shop = openShop();

describe("a page", () => {
  test("sends what was enqueued before it was reloaded, group by group in order", async () => {
    const names = Array.from({ length: 4 }, newKey);
    const page = await shop.open({ leavesOutbox: true });
    await page.evaluate(async (names) => {
      for (const name of names) await checkout.enqueue(name, { group: "g" });
    }, names);
    const before = shop.proxy.passed.length;

    await shop.visit(page);

    await areSent(page, names);
    expect(shop.proxy.passed.slice(before).map(({ body }) => JSON.parse(body).name)).toEqual(names);
    for (const name of names) expect(await shop.orders(name)).toHaveLength(1);
  });

  test("sends nothing while it is offline, and all as soon as it is back", async () => {
    const names = Array.from({ length: 3 }, newKey);
    const page = await shop.open();
    await page.context().setOffline(true);
    await page.evaluate(async (names) => {
      for (const name of names) await checkout.enqueue(name, { group: "g" });
    }, names);
    const [items, sends] = await page.evaluate(async () => [await checkout.outbox.items(), checkout.sends()]);

    await page.context().setOffline(false);

    await areSent(page, names);
    expect(items).toHaveLength(3);
    expect(sends).toBe(0);
    expect(await page.evaluate(() => checkout.sends())).toBe(3);
  });

  test("waits no longer for a connection that is gone, once there is another", async () => {
    const name = newKey();
    const page = await shop.open();
    shop.proxy.next({ kind: "lost" });
    await page.evaluate((name) => checkout.enqueue(name), name);
    await eventually(async () => (await shop.orders(name)).length === 1);

    // The answer will not come, and the attempt would wait for 40 s.
    await page.context().setOffline(true);
    await page.context().setOffline(false);

    await areSent(page, [name]);
    expect(shop.sent(name)).toHaveLength(2);
    expect(shop.keys(name)).toHaveLength(1);
  });

  test("tries again when somebody looks at it", async () => {
    const name = newKey();
    const page = await shop.open({ deadlineMs: 1500 });
    shop.proxy.fault = () => ({ kind: "cut-before" });
    await page.evaluate((name) => checkout.enqueue(name), name);
    await page.waitForFunction((name) => checkout.events.includes(`waiting ${name}`), name);
    shop.proxy.fault = () => ({ kind: "none" });

    // By itself it would wait for 30 s, and this does not.
    await eventually(async () => {
      await page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
      return (await shop.orders(name)).length === 1;
    });

    await areSent(page, [name]);
    expect(shop.keys(name)).toHaveLength(1);
  });

  test("and another send each item once, and both show all that happens", async () => {
    const names = Array.from({ length: 6 }, newKey);
    const customer = await shop.customer();
    const pages = [await shop.open({}, customer), await shop.open({}, customer)];

    await Promise.all(
      pages.map((page, index) =>
        page.evaluate(
          (names) => Promise.all(names.map((name) => checkout.enqueue(name))),
          names.filter((_, number) => number % 2 === index),
        ),
      ),
    );

    for (const page of pages) await areSent(page, names);
    for (const name of names) {
      expect(shop.sent(name)).toHaveLength(1);
      expect(await shop.orders(name)).toHaveLength(1);
    }
  });
});

describe("a service worker", () => {
  test("sends by Background Sync what a page left that was closed", async () => {
    const name = newKey();
    const customer = await shop.customer();
    const page = await shop.open({ leavesOutbox: true }, customer);
    await installWorker(page);
    await page.evaluate((name) => checkout.enqueue(name), name);

    await page.close();

    await eventually(async () => (await shop.orders(name)).length === 1);
    expect(shop.keys(name)).toHaveLength(1);
    expect(shop.sent(name)[0]!.headers.authorization).toBe("Bearer of-the-worker");
  });

  test("sends what still waits with the next sync, and tells pages", async () => {
    const name = newKey();
    const page = await shop.open({ leavesOutbox: true });
    await installWorker(page);
    await page.evaluate(() => {
      new BroadcastChannel("edge-idempotency-outbox").onmessage = ({ data }) =>
        checkout.events.push(`${data.type} ${data.item.intent}`);
    });
    shop.proxy.fault = () => ({ kind: "cut-before" });
    await page.evaluate((name) => checkout.enqueue(name), name);
    await page.waitForFunction((name) => checkout.events.includes(`waiting ${name}`), name);
    shop.proxy.fault = () => ({ kind: "none" });

    await sync(page);

    await areSent(page, [name]);
    expect(shop.keys(name)).toHaveLength(1);
    expect(await shop.orders(name)).toHaveLength(1);
  });
});

async function areSent(page: Page, names: string[]): Promise<void> {
  await page.waitForFunction(
    (names) => names.every((name) => checkout.events.includes(`sent ${name}`)),
    names,
  );
}

/** Resolves when the service worker is at work. */
async function installWorker(page: Page): Promise<void> {
  await page.evaluate(async () => {
    await navigator.serviceWorker.register("/worker.js", { type: "module" });
    await navigator.serviceWorker.ready;
  });
}

/** Background Sync, as the browser would repeat it after minutes. */
async function sync(page: Page): Promise<void> {
  const browser = await page.context().newCDPSession(page);
  const { promise, resolve } = Promise.withResolvers<string>();
  browser.on("ServiceWorker.workerRegistrationUpdated", ({ registrations }) => {
    if (registrations[0]) resolve(registrations[0].registrationId);
  });
  await browser.send("ServiceWorker.enable");
  const { origin } = shop.proxy.address;
  await browser.send("ServiceWorker.dispatchSyncEvent", {
    origin,
    registrationId: await promise,
    tag: "edge-idempotency-outbox",
    lastChance: false,
  });
}
