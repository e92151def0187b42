// The page at /docs, as a person sees it.

import type { Browser, BrowserContextOptions, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { HOST, isTooWide, openBrowser, openPage } from "../harness/browser.ts";
import { newKey } from "../harness/client.ts";
import { operations, text } from "../harness/description.ts";
import { startServer, type Server } from "../harness/server.ts";

const DESKTOP = { viewport: { width: 1280, height: 900 } };
const PHONE = { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true };

let server: Server;
/** One that lets everybody call, which works on its own machine alone. */
let local: Server;
let browser: Browser;
beforeAll(async () => {
  // Who is called from elsewhere has to know who calls; here, nobody does.
  server = await startServer({ AUTH: "on" });
  local = await startServer();
  browser = await openBrowser();
});
afterAll(async () => {
  await browser?.close();
  await server.stop();
  await local.stop();
});

describe("the page", () => {
  test("shows every operation, and all that it shows comes from here", async () => {
    const { page, mischief } = await open(DESKTOP);

    const shown = await page.locator(".opblock-summary").allInnerTexts();

    expect(shown).toHaveLength(operations.length);
    for (const { method, path, summary } of operations) {
      const words = shown.map((text) => text.replace(/[\u200b\s]+/g, " ").trim());
      expect(words).toContainEqual(expect.stringMatching(`^${method} ${escaped(path)} ?${escaped(summary)}`));
    }
    expect(mischief).toEqual({ requests: [], errors: [] });
  });

  // The page lays everything out anew for each operation that is opened, and all that is open with it.
  test("opens each operation without a complaint", async () => {
    const { page, mischief } = await open(DESKTOP);

    for (const { name } of operations) {
      await toggle(page, name);
      await page.locator(".responses-wrapper").first().waitFor();
      expect(await page.locator(".responses-wrapper").count(), name).toBe(1);
      await toggle(page, name);
    }

    expect(mischief).toEqual({ requests: [], errors: [] });
  });

  test("says once what every answer has, not with every answer", async () => {
    const { page } = await open(DESKTOP);
    await toggle(page, "check_health");

    expect(await page.locator(".info").innerText()).toContain("X-Correlation-ID");
    expect(await page.locator(".responses-wrapper").innerText()).not.toContain("X-Content-Type-Options");
  });

  test("lets a reader try an operation", async () => {
    const { page, mischief } = await open(DESKTOP);
    await toggle(page, "check_health");

    await page.getByRole("button", { name: "Try it out" }).click();
    await page.getByRole("button", { name: "Execute" }).click();

    const answer = page.locator(".live-responses-table .response").first();
    await answer.waitFor();
    expect(await answer.innerText()).toMatch(/^200[^]*"status": "ok"/);
    expect(mischief).toEqual({ requests: [], errors: [] });
  });

  test.each([
    ["both fields of the key", {}],
    ["one of them, which is required", { only: "Idempotency-Key" }],
  ])(
    "sends a fresh key at each press of Execute, and nothing that nobody typed, with a description of %s",
    async (_, { only }: { only?: string }) => {
      const { page, mischief } = await open({ ...DESKTOP, of: local, only });
      await tryOut(page, "create_transaction");

      const fields = await headerFields(page);
      const first = await execute(page);
      const second = await execute(page);
      await page.locator(".body-param__text").fill('{"amount": 1.5, "description": "Another"}');
      const changed = await execute(page);

      expect(Object.values(fields)).toEqual(["", "", "", ""]);
      expect(Object.keys(fields).filter(isKey)).toHaveLength(1);
      for (const { sent, answer } of [first, second, changed]) {
        expect(answer.status()).toBe(201);
        expect(await answer.headerValue("Idempotent-Replayed")).toBeNull();
        expect(Object.keys(sent).filter((name) => /prefer|correlation|traceparent/.test(name))).toEqual([]);
        expect(Object.keys(sent).filter(isKey)).toHaveLength(1);
      }
      const keys = [first, second, changed].map(keyOf);
      expect(new Set(keys).size).toBe(3);
      expect(Object.values(await headerFields(page))).toContain(keys[2]);
      expect(mischief.errors).toEqual([]);
    },
  );

  test("sends a reader's own key again and again, until the field is cleared", async () => {
    const { page } = await open({ ...DESKTOP, of: local });
    await tryOut(page, "create_transaction");
    const field = page.locator('.is-open tr[data-param-name$="dempotency-Key"] input');
    const key = newKey();

    await field.fill(key);
    const first = await execute(page);
    const replay = await execute(page);
    await field.fill("");
    const fresh = await execute(page);

    expect([first, replay].map(keyOf)).toEqual([key, key]);
    expect(await replay.answer.headerValue("Idempotent-Replayed")).toBe("true");
    expect(fresh.answer.status()).toBe(201);
    expect(keyOf(fresh)).not.toBe(key);
  });

  test("can be used with the keyboard alone", async () => {
    const { page } = await open(DESKTOP);
    const isFocused = () => page.evaluate("document.activeElement.matches('.opblock-summary-control')");

    for (let presses = 0; presses < 40 && !(await isFocused()); presses++) await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");

    await page.locator(".opblock.is-open").waitFor();
    expect(await page.locator(".opblock.is-open .opblock-summary-path").innerText()).toMatch(/resources/);
  });

  test.each(["light", "dark"] as const)("is as %s as the reader's system", async (colorScheme) => {
    const { page } = await open({ ...DESKTOP, colorScheme });

    const paper = await brightness(page, "html", "backgroundColor");
    const ink = await brightness(page, ".info .title", "color");

    expect(paper > 128).toBe(colorScheme === "light");
    expect(Math.abs(paper - ink)).toBeGreaterThan(128);
  });

  test("fits a phone, whatever is open", async () => {
    const { page } = await open(PHONE);
    const tooWide = [];

    for (const { name } of operations) {
      await toggle(page, name);
      if (await isTooWide(page)) tooWide.push(name);
      await toggle(page, name);
    }

    expect(tooWide).toEqual([]);
  });
});

const isKey = (name: string) => /^(x-)?idempotency-key$/i.test(name);

/** The key that was sent. */
function keyOf({ sent }: { sent: Record<string, string> }) {
  return Object.entries(sent).find(([name]) => isKey(name))?.[1];
}

async function tryOut(page: Page, operation: string) {
  await toggle(page, operation);
  await page.getByRole("button", { name: "Try it out" }).click();
}

/** The header fields that the open operation lets a reader fill in, with what is in them. */
async function headerFields(page: Page): Promise<Record<string, string>> {
  const rows = await page.locator('.is-open tr[data-param-in="header"]').all();
  const field = async (row: Locator) => [
    await row.getAttribute("data-param-name"),
    await row.locator("input").inputValue(),
  ];
  return Object.fromEntries(await Promise.all(rows.map(field)));
}

/** Presses Execute; gives what was sent, and what came back. */
async function execute(page: Page) {
  const answered = page.waitForResponse((answer) => answer.request().method() === "POST");
  await page.getByRole("button", { name: "Execute" }).click();
  const answer = await answered;
  return { answer, sent: await answer.request().allHeaders() };
}

interface Opening extends BrowserContextOptions {
  of?: Server;
  /** The one field of the key that the description is to have. */
  only?: string | undefined;
}

async function open({ of, only, ...options }: Opening) {
  const opened = await openPage(browser, options);
  const url = of ? of.address : `http://${HOST}:${server.address.port}`;
  if (only !== undefined)
    await opened.page.route("**/openapi.json", (route) => route.fulfill({ json: describedWith(only) }));
  await opened.page.goto(new URL("/docs", url).href);
  await opened.page.locator(".opblock").last().waitFor();
  return opened;
}

async function toggle(page: Page, operation: string) {
  const block = page.locator(`.opblock[id$="-${operation}"]`);
  const wasOpen = await block.locator(".opblock-body").isVisible();
  await block.locator(".opblock-summary-control").click();
  await block.locator(".opblock-body").waitFor({ state: wasOpen ? "hidden" : "visible" });
}

/** From 0, black, to 255. */
async function brightness(page: Page, selector: string, property: string): Promise<number> {
  const color = await page.evaluate<string>(
    `getComputedStyle(document.querySelector("${selector}")).${property}`,
  );
  const [red, green, blue] = color.match(/\d+/g)!.map(Number);
  return (red! + green! + blue!) / 3;
}

function escaped(text: string): string {
  return text.replace(/[^\w\s]/g, "\\$&");
}

/** The description, as if one field of the key were all that operations know, and had to be there. */
function describedWith(name: string) {
  const api = JSON.parse(text);
  const schema = { type: "string", minLength: 1 };
  api.components.parameters[name] = { name, in: "header", required: true, schema, example: `"${newKey()}"` };
  for (const { post } of Object.values<any>(api.paths).filter(({ post }) => post)) {
    const others = post.parameters.filter((parameter: any) => !isKey(parameter.name ?? ""));
    post.parameters = [{ $ref: `#/components/parameters/${name}` }, ...others];
  }
  return api;
}
