// An operator resolves a key of unknown outcome on the dashboard. The Worker is that of tests/operations, with our
// dashboard: no operation of ours comes to such a key.

import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { openBrowser } from "../harness/browser.ts";
import { Client, eventually, newKey } from "../harness/client.ts";
import { OPERATIONS, PUBLIC, startServer } from "../harness/server.ts";
import { makeToken } from "../harness/tokens.ts";
import { DESKTOP, openDashboard } from "./dashboard.ts";

const [shop, olga] = [makeToken("shop"), makeToken("olga", "operator")];
const BY_HAND = { status: "201", type: "text/plain; charset=utf-8", content: "receipt 7\nby hand" };
const api = new Client();

let browser: Browser;
beforeAll(async () => {
  const tokens = JSON.stringify([shop.stored, olga.stored]);
  const vars = { AUTH: "on", API_TOKENS: tokens, FAULT_INJECTION: "on" };
  api.server = await startServer(vars, { root: OPERATIONS, assets: PUBLIC });
  browser = await openBrowser();
});
afterEach(async () => {
  for (const window of browser.contexts()) await window.close();
});
afterAll(async () => {
  await browser?.close();
  await api.server.stop();
});

describe("an operator who looks up a key of unknown outcome", () => {
  test("gives the answer that every retry gets from then on", async () => {
    const { page, key, dashboard } = await openAmbiguous();

    await choose(page, "It completed…");
    await fillIn(page, BY_HAND);
    await confirm(page);

    await shows(page, "COMPLETED");
    expect(await history(page)).toEqual([
      "PROCESSING attempt 1",
      "AMBIGUOUS attempt 1",
      "COMPLETED said olga",
    ]);
    expect(await choices(page)).toEqual(["Forget the key…"]);
    for (const retry of [await send(key), await send(key)]) {
      expect([retry.status, retry.text]).toEqual([201, BY_HAND.content]);
      expect(retry.headers.get("Content-Type")).toBe(BY_HAND.type);
      expect(retry.headers.get("Idempotent-Replayed")).toBe("true");
    }
    expect(await sent(key)).toBe(1);
    dashboard.isInnocent();
  });

  test("gives one without content and its type", async () => {
    const { page, key } = await openAmbiguous();

    await choose(page, "It completed…");
    await fillIn(page, { status: "204", type: "", content: "" });
    await confirm(page);
    await shows(page, "COMPLETED");
    const retry = await send(key);

    expect([retry.status, retry.text, retry.headers.get("Content-Type")]).toEqual([204, "", null]);
    expect(retry.headers.has("X-Idempotency-Content")).toBe(false);
  });

  test("says that it failed, and the next request is the second attempt", async () => {
    const { page, key, dashboard } = await openAmbiguous("abort-before");

    await choose(page, "It failed…");
    expect(await page.locator("#found form label").count()).toBe(0);
    await confirm(page);

    await shows(page, "FAILED");
    expect((await history(page)).at(-1)).toBe("FAILED said olga");
    expect(await sent(key)).toBe(0);
    const next = await send(key);
    expect(next.status).toBe(201);
    expect(next.headers.has("Idempotent-Replayed")).toBe(false);
    expect((await statusOf(key)).json).toMatchObject({ status: "COMPLETED", attempts: 2 });
    expect(await sent(key)).toBe(1);
    dashboard.isInnocent();
  });

  test("has the key forgotten, which is unknown and free from then on", async () => {
    const { page, key, dashboard } = await openAmbiguous();

    await choose(page, "Forget the key…");
    await confirm(page);

    await shows(page, "FORGOTTEN");
    expect((await history(page)).at(-1)).toBe("FORGOTTEN said olga");
    expect(await choices(page)).toEqual([]);
    expect((await statusOf(key)).status).toBe(404);
    dashboard.isInnocent();
    await lookUp(page);
    await page.locator("#found .notice", { hasText: "The client shop has no such key" }).waitFor();
    expect((await send(key)).status).toBe(201);
    expect((await statusOf(key)).json).toMatchObject({ status: "COMPLETED", attempts: 1 });
  });

  test.each(["It completed…", "It failed…", "Forget the key…"])(
    "is asked once more, and changes nothing with No: %s",
    async (choice) => {
      const { page, key, dashboard } = await openAmbiguous();
      const before = (await statusOf(key)).json;
      const resolutions: string[] = [];
      page.on("request", (request) => {
        if (request.method() === "POST") resolutions.push(request.url());
      });

      await choose(page, choice);
      expect(await page.locator("#found form .notice").innerText()).toMatch(/\?/);
      expect(await focused(page)).toBe("No");
      await page.getByRole("button", { name: "No", exact: true }).click();

      expect(await page.locator("#found form").count()).toBe(0);
      expect(await choices(page)).toEqual(["It completed…", "It failed…", "Forget the key…"]);
      expect((await statusOf(key)).json).toEqual(before);
      expect(resolutions).toEqual([]);
      dashboard.isInnocent();
    },
  );

  test("needs no mouse", async () => {
    const { page, key } = await openAmbiguous();

    await page.locator("#found").focus();
    await tabTo(page, "It completed…");
    await page.keyboard.press("Enter");
    expect(await focused(page)).toBe("No");
    for (const value of [BY_HAND.content, BY_HAND.type, BY_HAND.status]) {
      await page.keyboard.press("Shift+Tab");
      if (value === BY_HAND.content) await page.keyboard.press("Shift+Tab");
      await page.keyboard.press("ControlOrMeta+a");
      await page.keyboard.insertText(value);
    }
    await tabTo(page, "Yes");
    await page.keyboard.press("Enter");

    await shows(page, "COMPLETED");
    await eventually(async () => (await focused(page)) === "#found");
    const retry = await send(key);
    expect([retry.status, retry.text]).toEqual([201, BY_HAND.content]);
    expect(retry.headers.get("Content-Type")).toBe(BY_HAND.type);
  });

  test.each([
    ["content where its status allows none", { ...BY_HAND, status: "204" }, "its status allows no content"],
    ["a type that no field can hold", { ...BY_HAND, type: "text/plain\u{7f}" }, "a header field is none"],
  ])("is told why an answer cannot be kept: %s", async (_, answer, word) => {
    const { page, key } = await openAmbiguous();
    const before = (await statusOf(key)).json;
    const refused = page.waitForResponse((response) => response.request().method() === "POST");

    await choose(page, "It completed…");
    await fillIn(page, answer);
    await confirm(page);

    const problem = await (await refused).json();
    const [{ detail }] = problem.errors;
    const notice = page.locator("#found .notice", { hasText: detail });
    await notice.waitFor();
    expect(problem.type).toBe("/problems/validation-failed");
    expect(await notice.innerText()).toContain(problem.detail);
    expect(detail).toContain(word);
    expect((await statusOf(key)).json).toEqual(before);
  });

  test("is told that somebody else was faster", async () => {
    const { page, key } = await openAmbiguous();
    await choose(page, "It completed…");
    const path = `/api/v1/operations/idempotency/${key}/resolution?client=shop`;
    await api.call(path, { method: "POST", as: olga.token, payload: { as: "failed" } });

    await fillIn(page, BY_HAND);
    await confirm(page);

    await page.locator("#found .notice", { hasText: "The key is not AMBIGUOUS" }).waitFor();
    expect((await statusOf(key)).json.status).toBe("FAILED");
  });

  test.each(["", "100", "600"])("cannot confirm a status that is none: %j", async (status) => {
    const { page, key } = await openAmbiguous();

    await choose(page, "It completed…");
    await fillIn(page, { ...BY_HAND, status });
    await confirm(page);

    expect(await page.locator("#found input:invalid").count()).toBe(1);
    expect(await page.locator("#found form").count()).toBe(1);
    expect((await statusOf(key)).json.status).toBe("AMBIGUOUS");
  });
});

/** A key of the client shop whose attempt died, and whose retry is held, as an operator has it before her. */
async function openAmbiguous(fault = "abort-after") {
  const key = newKey();
  await send(key, fault);
  expect((await send(key)).json.type).toBe("/problems/outcome-unknown");
  const httpCredentials = { username: "olga", password: olga.token };
  const dashboard = await openDashboard(browser, api, { ...DESKTOP, httpCredentials });
  const { page } = dashboard;
  await page.getByLabel("Key", { exact: true }).fill(key);
  await page.getByLabel("Client").fill("shop");
  await lookUp(page);
  await shows(page, "AMBIGUOUS");
  return { dashboard, page, key };
}

const lookUp = (page: Page) => page.getByRole("button", { name: "Look up", exact: true }).click();

const choose = (page: Page, name: string) => page.getByRole("button", { name }).click();

const confirm = (page: Page) => page.getByRole("button", { name: "Yes" }).click();

async function fillIn(page: Page, answer: typeof BY_HAND) {
  const form = page.locator("#found form");
  await form.getByLabel("Status").fill(answer.status);
  await form.getByLabel("Content-Type").fill(answer.type);
  await form.getByLabel("Content", { exact: true }).fill(answer.content);
}

/** Waits until this is the status of the key that is shown. */
const shows = (page: Page, status: string) =>
  page.locator("#found .facts .status", { hasText: new RegExp(`^${status}$`) }).waitFor();

/** What each step of the history says, without its time. */
async function history(page: Page): Promise<string[]> {
  const steps = await page.locator("#found .history li").all();
  return Promise.all(
    steps.map(async (step) => {
      const time = await step.locator("small").innerText();
      return (await step.innerText()).replace(time, "").replaceAll(/\s+/g, " ").trim();
    }),
  );
}

const choices = (page: Page) => page.locator("#found .resolve > button").allInnerTexts();

/** The words on the button that has the focus, or the id of something else that has it. */
const focused = (page: Page) =>
  page.evaluate<string>(
    "{ const { tagName, id, textContent } = document.activeElement; tagName === 'BUTTON' ? textContent : `#${id}` }",
  );

async function tabTo(page: Page, button: string) {
  for (let presses = 0; presses < 10 && (await focused(page)) !== button; presses++)
    await page.keyboard.press("Tab");
  expect(await focused(page)).toBe(button);
}

function send(key: string, fault?: string) {
  const headers = { "X-Idempotency-Key": key };
  const call = { method: "POST", as: shop.token, headers, payload: { end: "answered" } };
  return api.call("/unrepeated", { ...call, ...(fault !== undefined && { fault }) });
}

const statusOf = (key: string) => api.status(key, { as: shop.token });

/** How often the operation was executed. */
async function sent(key: string) {
  const db = await api.server.db();
  return db.prepare("SELECT count(*) AS n FROM sent WHERE idempotency_key = ?").bind(key).first("n");
}
