// Who sees the dashboard where callers are known: operators, with the password that the browser asks for.

import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { HOST, openBrowser, openPage } from "../harness/browser.ts";
import { Client, newKey } from "../harness/client.ts";
import { startServer } from "../harness/server.ts";
import { makeToken } from "../harness/tokens.ts";

const shop = makeToken("shop");
const operator = makeToken("ops", "operator");
const api = new Client();

let browser: Browser;
beforeAll(async () => {
  const tokens = JSON.stringify([shop.stored, operator.stored]);
  api.server = await startServer({ AUTH: "on", API_TOKENS: tokens });
  browser = await openBrowser();
});
afterAll(async () => {
  await browser?.close();
  await api.server.stop();
});

test("an operator signs in once, for the page, its connection and the look-up of a client's key", async () => {
  const { page, mischief } = await open(operator.token);
  const key = newKey();
  await page.locator('#connection[data-state="live"]').waitFor();

  await api.create(key, { as: shop.token });
  await page.locator("#lines tr", { hasText: "shop" }).first().waitFor();
  await page
    .getByRole("button", { name: `Look up ${key}` })
    .first()
    .click();

  await page.locator("#found .history").waitFor();
  expect(await page.locator("#found").innerText()).toContain("COMPLETED");
  expect(mischief).toEqual({ requests: [], errors: [] });
});

test("a client is not let in", async () => {
  const { answer } = await open(shop.token);

  expect(answer?.status()).toBe(403);
});

test("a key is looked up with a password by nobody who may not look it up with a token", async () => {
  const key = newKey();
  await api.create(key, { as: shop.token });
  const password = (token: string) => ({ headers: { Authorization: `Basic ${btoa(`any:${token}`)}` } });
  const path = `/api/v1/operations/idempotency/${key}`;

  expect((await api.call(path, password(shop.token))).status).toBe(200);
  expect((await api.call(path, password(operator.token))).status).toBe(404);
  expect((await api.call(`${path}?client=shop`, password(operator.token))).status).toBe(200);
  expect((await api.call(`${path}?client=shop`, password(shop.token))).status).toBe(403);
  expect((await api.call(path, password("nonsense"))).status).toBe(401);
});

async function open(token: string) {
  const httpCredentials = { username: "anybody", password: token };
  const { page, mischief } = await openPage(browser, { httpCredentials });
  const answer = await page.goto(`http://${HOST}:${api.server.address.port}/dashboard`);
  return { page, mischief, answer };
}
