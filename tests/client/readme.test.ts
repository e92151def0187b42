// The page in packages/client/README.md works as it is printed: whatever the user does, there is one payment.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openBrowser } from "../harness/browser.ts";
import { eventually, serve, TRANSACTIONS } from "../harness/client.ts";
import { Files } from "./files.ts";

const README = readFileSync(join(import.meta.dirname, "../../packages/client/README.md"), "utf8");
const PAGE = /```html\n([^]*?)\n```/.exec(README)![1]!;

const api = serve({ CORS_ALLOWED_ORIGINS: "http://127.0.0.1:*" });
const files = new Files();
let browser: Browser;
let page: Page;

beforeAll(async () => {
  files.pages.set("/shop", PAGE.replace("http://localhost:8000", api.server.address.origin));
  const origin = await files.start();
  browser = await openBrowser();
  page = await (await browser.newContext()).newPage();
  await page.goto(`${origin}/shop`);
});
afterAll(async () => {
  await browser?.close();
  files.stop();
});

test("a click, a second click, a reload and a second tab are one payment", async () => {
  const first = await paid(page);
  const second = await paid(page);
  await page.reload();
  const reloaded = await paid(page);
  const tab = await page.context().newPage();
  await tab.goto(page.url());
  const other = await paid(tab);

  expect(first).toMatch(/^Paid: txn_/);
  expect([second, reloaded, other]).toEqual([first, first, first]);
  expect(await payments()).toBe(1);
});

test("a click whose answer is lost is paid in the end, once", async () => {
  const before = await payments();
  let lost = 0;
  await page.route(`**${TRANSACTIONS}`, async (route) => {
    const answer = await route.fetch();
    await (lost++ < 1 ? route.abort() : route.fulfill({ response: answer }));
  });
  await page.evaluate("indexedDB.deleteDatabase('edge-idempotency')");

  const told = await paid(page);

  expect(told).toMatch(/^Paid: txn_/);
  expect(lost).toBe(2);
  expect(await payments()).toBe(before + 1);
});

async function paid(page: Page): Promise<string> {
  await page.getByRole("button").click();
  const output = page.getByRole("status");
  await eventually(async () =>
    /^(Paid:|The service|No answer|Do not)/.test((await output.textContent()) ?? ""),
  );
  return (await output.textContent())!;
}

async function payments(): Promise<number> {
  const db = await api.server.db();
  return (await db.prepare("SELECT count(*) AS count FROM transactions").first<number>("count"))!;
}
