// Pages whose storage is full or cleared, and devices whose clock is set.

import type { CDPSession } from "playwright-core";
import { describe, expect, test } from "vitest";
import { eventually, newKey } from "../harness/client.ts";
import { openShop } from "./shop.ts";

const shop = openShop();

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

describe("a storage that is full", () => {
  test("makes a call fail before it has sent anything", async () => {
    const name = newKey();
    const page = await shop.open();
    const browser = await page.context().newCDPSession(page);
    await setQuota(browser, 1);
    const outcome = await page.evaluate((name) => checkout.pay(name), name);
    const before = shop.sent(name);

    await setQuota(browser);
    const later = await page.evaluate((name) => checkout.pay(name), name);

    expect(outcome).toEqual({ error: "QuotaExceededError" });
    expect(before).toEqual([]);
    expect(later).toMatchObject({ status: 201, replayed: false });
    expect(await shop.orders(name)).toHaveLength(1);
  });

  test("makes a call fail likewise if it is localStorage", async () => {
    const name = newKey();
    const page = await shop.open({ store: "localStorage" });
    await page.evaluate(() => {
      // Halves what did not fit, down to the last byte.
      for (let length = 2 ** 23; length >= 1; length /= 2)
        try {
          localStorage.setItem(`filler ${length}`, "x".repeat(length));
        } catch {
          // That much does not fit.
        }
    });

    const outcome = await page.evaluate((name) => checkout.pay(name), name);

    expect(outcome).toEqual({ error: "QuotaExceededError" });
    expect(shop.sent(name)).toEqual([]);
  });

  test("keeps no answer from its caller", async () => {
    const name = newKey();
    const page = await shop.open();
    const browser = await page.context().newCDPSession(page);
    const { promise, resolve } = Promise.withResolvers<void>();
    shop.proxy.next({ kind: "held", until: promise });
    const paid = page.evaluate((name) => checkout.pay(name), name);
    await eventually(() => shop.sent(name).length === 1);

    await setQuota(browser, 1);
    resolve();

    expect(await paid).toMatchObject({ status: 201 });
  });

  test("refuses what is to wait in the outbox", async () => {
    const name = newKey();
    const page = await shop.open();
    await setQuota(await page.context().newCDPSession(page), 1);

    const refused = await page.evaluate((name) => checkout.enqueue(name), name);

    expect(refused).toBe("QuotaExceededError");
    expect(await page.evaluate(() => checkout.outbox.items())).toEqual([]);
    expect(shop.sent(name)).toEqual([]);
  });
});

describe("a storage that is cleared", () => {
  test.each([{}, { store: "localStorage" as const }])(
    "while a call waits leaves it its key: %o",
    async (options) => {
      const name = newKey();
      const page = await shop.open({ ...options, attemptMs: 6000 });
      const { origin } = shop.proxy.address;
      shop.proxy.next({ kind: "lost" });
      const paid = page.evaluate((name) => checkout.pay(name), name);
      await eventually(async () => (await shop.orders(name)).length === 1);

      const browser = await page.context().newCDPSession(page);
      await browser.send("Storage.clearDataForOrigin", { origin, storageTypes: "all" });

      expect(await paid).toMatchObject({ status: 201, replayed: true });
      expect(shop.keys(name)).toHaveLength(1);
      expect(await shop.orders(name)).toHaveLength(1);
      expect(await page.evaluate(() => checkout.client.pending())).toMatchObject([
        { intent: name, state: "settled" },
      ]);
    },
  );
});

describe("a clock that is set", () => {
  test("back by a day, while a call waits, ends the call until it is right again", async () => {
    const name = newKey();
    const page = await shop.open({ attemptMs: 1500 });
    await page.clock.install();
    shop.proxy.next({ kind: "lost" });
    const paid = page.evaluate((name) => checkout.pay(name), name);
    await eventually(async () => (await shop.orders(name)).length === 1);

    await page.clock.setSystemTime(Date.now() - DAY_MS);
    const outcome = await paid;
    const sends = shop.sent(name).length;
    await page.clock.setSystemTime(Date.now());
    const later = await page.evaluate((name) => checkout.pay(name), name);

    expect(outcome).toEqual({ error: "OutcomeUnknownError", reason: "clock" });
    expect(sends).toBe(1);
    expect(later).toMatchObject({ status: 201, replayed: true });
    expect(shop.keys(name)).toHaveLength(1);
    expect(await shop.orders(name)).toHaveLength(1);
  });

  test.each([
    ["back by two minutes", -2 * MINUTE_MS, { status: 201, replayed: true }],
    ["back by an hour", -60 * MINUTE_MS, { error: "OutcomeUnknownError", reason: "clock" }],
    ["forward by a day", DAY_MS, { error: "OutcomeUnknownError", reason: "expired" }],
  ])("%s, before the page is loaded anew, makes no new key", async (_, shiftMs, expected) => {
    const name = newKey();
    const page = await shop.open();
    await page.clock.install();
    shop.proxy.next({ kind: "lost" });
    await page.evaluate((name) => void checkout.pay(name), name);
    await eventually(async () => (await shop.orders(name)).length === 1);

    await page.clock.setSystemTime(Date.now() + shiftMs);
    await shop.visit(page);
    const outcome = await page.evaluate((name) => checkout.pay(name), name);

    expect(outcome).toMatchObject(expected);
    expect(shop.sent(name)).toHaveLength("error" in expected ? 1 : 2);
    expect(shop.keys(name)).toHaveLength(1);
    expect(await shop.orders(name)).toHaveLength(1);
  });
});

/** How much an origin may store, in bytes; without a number, as much as before. */
async function setQuota(browser: CDPSession, quotaSize?: number): Promise<void> {
  const { origin } = shop.proxy.address;
  await browser.send("Storage.overrideQuotaForOrigin", {
    origin,
    ...(quotaSize !== undefined && { quotaSize }),
  });
}
