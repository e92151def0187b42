// Pages that are reloaded, closed or opened twice while something is being asked for.

import { expect, test } from "vitest";
import { eventually, newKey } from "../harness/client.ts";
import { openShop } from "./shop.ts";

const shop = openShop();

test("a page that was reloaded before it sent anything sends the key that it had stored", async () => {
  const name = newKey();
  const page = await shop.open({ sendsNothing: true });
  await page.evaluate((name) => void checkout.pay(name), name);
  await page.waitForFunction(() => checkout.sends() === 1);
  const [stored] = await page.evaluate(() => checkout.client.pending());
  const before = shop.sent(name);

  await shop.visit(page);
  const outcome = await page.evaluate((name) => checkout.pay(name), name);

  expect(before).toEqual([]);
  expect(outcome).toMatchObject({ status: 201, replayed: false });
  expect(shop.keys(name)).toEqual([(stored as { key: string }).key]);
  expect(await shop.orders(name)).toHaveLength(1);
});

test("a page that was reloaded before its answer came gets that answer", async () => {
  const name = newKey();
  const page = await shop.open();
  shop.proxy.next({ kind: "lost" });
  await page.evaluate((name) => void checkout.pay(name), name);
  await eventually(async () => (await shop.orders(name)).length === 1);

  await page.reload();
  await page.waitForFunction("globalThis.checkout");
  const outcome = await page.evaluate((name) => checkout.pay(name), name);

  expect(outcome).toMatchObject({ status: 201, replayed: true });
  expect(shop.keys(name)).toHaveLength(1);
  expect(await shop.orders(name)).toHaveLength(1);
});

test("what a closed tab has asked for is pending in the next one, which resumes it", async () => {
  const name = newKey();
  const customer = await shop.customer();
  const closed = await shop.open({}, customer);
  shop.proxy.next({ kind: "lost" });
  await closed.evaluate((name) => void checkout.pay(name), name);
  await eventually(async () => (await shop.orders(name)).length === 1);

  await closed.close();
  const page = await shop.open({}, customer);
  const pending = await page.evaluate(() => checkout.client.pending());
  const outcome = await page.evaluate((name) => checkout.resume(name), name);

  expect(pending).toMatchObject([{ intent: name, state: "pending" }]);
  expect(outcome).toMatchObject({ status: 201, replayed: true });
  expect(shop.keys(name)).toHaveLength(1);
  expect(await shop.orders(name)).toHaveLength(1);
});

test.each(["IndexedDB", "localStorage"] as const)(
  "two tabs that ask at once use one key, in %s",
  async (store) => {
    const names = Array.from({ length: 10 }, newKey);
    const customer = await shop.customer();
    const options = store === "localStorage" ? { store } : {};
    const [one, other] = [await shop.open(options, customer), await shop.open(options, customer)];

    const payAll = (names: string[]) => Promise.all(names.map((name) => checkout.pay(name)));
    const [first, second] = await Promise.all([one.evaluate(payAll, names), other.evaluate(payAll, names)]);

    for (const [index, name] of names.entries()) {
      expect(first[index]).toMatchObject({ status: 201 });
      expect((second[index] as { text: string }).text).toBe((first[index] as { text: string }).text);
      expect(shop.keys(name)).toHaveLength(1);
      expect(await shop.orders(name)).toHaveLength(1);
    }
  },
);

test("a double click orders once", async () => {
  const name = newKey();
  const page = await shop.open();

  const [first, second] = await page.evaluate(
    (name) => Promise.all([checkout.pay(name), checkout.pay(name)]),
    name,
  );

  expect(first).toMatchObject({ status: 201 });
  expect((second as { text: string }).text).toBe((first as { text: string }).text);
  expect(shop.keys(name)).toHaveLength(1);
  expect(await shop.orders(name)).toHaveLength(1);
});

test("another order of one name is refused before anything is sent", async () => {
  const name = newKey();
  const page = await shop.open();
  await page.evaluate((name) => checkout.pay(name), name);
  const before = shop.sent(name).length;

  const outcome = await page.evaluate((name) => checkout.pay(name, { body: '{"name":"other"}' }), name);

  expect(outcome).toEqual({ error: "IntentChangedError" });
  expect(shop.proxy.passed.filter(({ body }) => body === '{"name":"other"}')).toEqual([]);
  expect(shop.sent(name)).toHaveLength(before);
});
