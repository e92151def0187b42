// A page whose network, or whose service, fails in every way.

import type { Page } from "playwright-core";
import { beforeAll, describe, expect, test } from "vitest";
import { eventually, newKey } from "../harness/client.ts";
import type { Fault } from "./proxy.ts";
import { openShop } from "./shop.ts";

const shop = openShop();

describe("a request", () => {
  let page: Page;
  beforeAll(async () => {
    page = await shop.open({ attemptMs: 1500 }, await shop.browser.newContext());
  });

  test.each<[string, Fault, number]>([
    ["is cut off before the service has seen it", { kind: "cut-before" }, 2],
    ["is cut off after the service has answered", { kind: "cut-after" }, 2],
    ["has an answer of which half comes", { kind: "torn" }, 2],
    ["has an answer that never comes", { kind: "lost" }, 2],
    ["is slow", { kind: "delay", ms: 300 }, 1],
    ["is cut off, and comes later", { kind: "late", ms: 100 }, 2],
    ["comes twice", { kind: "twice" }, 1],
    ["comes again later", { kind: "again", ms: 100 }, 1],
    ["meets a crash after its effect", { kind: "service", fault: "abort-after" }, 2],
    ["is turned away by a proxy", { kind: "answer", status: 502, body: "<h1>Bad Gateway</h1>" }, 2],
    ["is limited", { kind: "answer", status: 429, headers: () => ({ "Retry-After": "1" }) }, 2],
  ])("that %s takes effect once and is answered", async (_, fault, requests) => {
    const name = newKey();
    shop.proxy.next(fault);

    const outcome = await page.evaluate((name) => checkout.pay(name), name);

    expect(outcome).toMatchObject({ status: 201 });
    expect(JSON.parse((outcome as { text: string }).text)).toMatchObject({ name });
    expect(shop.keys(name)).toHaveLength(1);
    expect(shop.sent(name).length).toBeGreaterThanOrEqual(requests);
    expect(await shop.orders(name)).toHaveLength(1);
  });

  test("that is made offline is sent when the network is back, a minute later", async () => {
    const name = newKey();
    const page = await shop.open();
    await page.clock.install();
    await page.context().setOffline(true);
    await page.evaluate((name) => {
      globalThis.paid = checkout.pay(name);
    }, name);
    await page.waitForFunction(() => checkout.sends() > 0);

    for (let second = 0; second < 60; second++) await page.clock.runFor(1000);
    const attempts = await page.evaluate(() => checkout.sends());
    const before = shop.sent(name).length;
    await page.context().setOffline(false);
    await eventually(async () => {
      await page.clock.runFor(1000);
      return (await shop.orders(name)).length === 1;
    });

    expect(await page.evaluate(() => globalThis.paid)).toMatchObject({ status: 201 });
    expect(before).toBe(0);
    // 200 ms, 400 ms, … 30 s, and about half of each.
    expect(attempts).toBeGreaterThan(3);
    expect(attempts).toBeLessThan(30);
    expect(shop.keys(name)).toHaveLength(1);
  });
});

describe("a storm of 409", () => {
  test("ends for everybody with the one answer, and with seconds between the requests of each", async () => {
    const name = newKey();
    const page = await shop.open({ preferWaitS: 0 });
    shop.proxy.next({ kind: "service", fault: "delay=2500" });

    const outcomes = await page.evaluate(
      (name) => Promise.all(Array.from({ length: 15 }, () => checkout.pay(name))),
      name,
    );

    const texts = new Set(outcomes.map((outcome) => (outcome as { text: string }).text));
    expect(outcomes.map((outcome) => (outcome as { status: number }).status)).toEqual(Array(15).fill(201));
    expect(texts.size).toBe(1);
    // One that waits a second each time sends four in all.
    expect(shop.sent(name).length).toBeGreaterThan(30);
    expect(shop.sent(name).length).toBeLessThanOrEqual(15 * 5);
    expect(shop.keys(name)).toHaveLength(1);
    expect(await shop.orders(name)).toHaveLength(1);
  });
});

describe("the service", () => {
  test("may be killed while it works, and each page has its answer in the end", async () => {
    const names = Array.from({ length: 6 }, newKey);
    const page = await shop.open();
    shop.proxy.next(...names.map((): Fault => ({ kind: "service", fault: "delay=600" })));
    const paid = page.evaluate((names) => Promise.all(names.map((name) => checkout.pay(name))), names);
    await eventually(() => names.every((name) => shop.sent(name).length > 0));

    await shop.api.server.kill();

    for (const outcome of await paid) expect(outcome).toMatchObject({ status: 201 });
    for (const name of names) {
      expect(shop.keys(name)).toHaveLength(1);
      expect(await shop.orders(name)).toHaveLength(1);
    }
  });
});

declare global {
  var paid: Promise<unknown>;
}
