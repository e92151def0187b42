// The list of ambiguous keys: an API behind the gateway has left them so, and an operator works through it.

import { join } from "node:path";
import type { Browser, BrowserContextOptions, Locator } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { openBrowser } from "../harness/browser.ts";
import { Client, eventually, newKey } from "../harness/client.ts";
import { gateway } from "../harness/gateway.ts";
import { PUBLIC } from "../harness/server.ts";
import { makeToken } from "../harness/tokens.ts";
import { DESKTOP, openDashboard, PHONE, violations } from "./dashboard.ts";

const [shop, olga] = [makeToken("shop"), makeToken("olga", "operator")];
const API_TOKENS = JSON.stringify([shop.stored, olga.stored]);
/** How many keys are listed at most. */
const MOST = 100;

const behind = gateway({ AUTH: "on", API_TOKENS }, { assets: PUBLIC });
const { upstream } = behind;
const api = new Client();

let browser: Browser;
beforeAll(async () => {
  api.server = behind.server;
  browser = await openBrowser();
});
afterEach(async () => {
  for (const window of browser.contexts()) await window.close();
});
afterAll(() => browser?.close());

describe("a key that an API has left ambiguous", () => {
  test("is listed under the API, with an age that grows, until it is said in two clicks that it failed", async () => {
    const { dashboard, held } = await open();
    const path = behind.place("reset");
    const key = newKey();
    const first = await behind.send(path, key);

    const item = await listed(held, key);

    expect(first.status).toBe(502);
    expect(
      await held
        .locator("section")
        .filter({ hasText: key.slice(0, 8) })
        .locator("h3")
        .innerText(),
    ).toMatch(/^Upstream api \d+ keys?$/);
    expect(await item.locator(".what").innerText()).toMatch(/POST PATCH \/\{\*rest\} of scope [0-9a-f]{8}…$/);
    expect(await item.locator(".more").innerText()).toContain(
      `operation id ${upstream.at(path)[0]!.fields["idempotency-key"]}`,
    );
    const age = await item.locator(".age").innerText();
    await eventually(async () => (await item.locator(".age").innerText()) !== age);

    await item.getByRole("button", { name: "Failed…" }).click();
    await dashboard.page.getByRole("button", { name: "Yes" }).click();

    await dashboard.page.locator("#found .facts .status", { hasText: /^FAILED$/ }).waitFor();
    await item.waitFor({ state: "detached" });
    expect(await behind.send(path, key).then(({ status }) => status)).toBe(502);
    expect(upstream.at(path)).toHaveLength(2);
    await listed(held, key);
    dashboard.isInnocent();
  });

  test("is completed from the list with the answer that every retry gets", async () => {
    const { dashboard, held } = await open();
    const path = `${behind.place("new")}?status=500`;
    const key = newKey();
    await behind.send(path, key);

    const item = await listed(held, key);
    await item.getByRole("button", { name: "Completed…" }).click();
    const form = dashboard.page.locator("#found form");
    await form.getByLabel("Content", { exact: true }).fill('{"by":"hand"}');
    await form.getByRole("button", { name: "Yes" }).click();

    await item.waitFor({ state: "detached" });
    const retry = await behind.send(path, key);
    expect([retry.status, await retry.text()]).toEqual([200, '{"by":"hand"}']);
    expect(upstream.at(path)).toHaveLength(1);
    dashboard.isInnocent();
  });

  test("is looked up, and not resolved, with the key's own button; and is gone once it is forgotten", async () => {
    const { dashboard, held } = await open();
    const key = newKey();
    await behind.send(behind.place("cut"), key);

    const item = await listed(held, key);
    await item.getByRole("button", { name: `Look up ${key}` }).click();
    await dashboard.page.locator("#found .history").waitFor();
    expect(await dashboard.page.locator("#found form").count()).toBe(0);
    await item.getByRole("button", { name: "Forget…" }).click();
    await dashboard.page.getByRole("button", { name: "No", exact: true }).waitFor();
    await dashboard.page.getByRole("button", { name: "Yes" }).click();

    await item.waitFor({ state: "detached" });
  });

  test("is told to nobody who is no operator", async () => {
    const headers = { Authorization: `Basic ${btoa(`any:${shop.token}`)}` };
    const url = new URL("/dashboard/live", api.server.address);
    url.protocol = "ws:";
    // Node.js takes header fields here, as no browser does.
    const socket = new WebSocket(url, { headers } as unknown as string[]);
    const told = new Promise((resolve) => {
      socket.onmessage = ({ data }) => resolve(data);
      socket.onerror = () => resolve("nothing");
    });

    const pages = ["/dashboard", "/metrics", "/api/v1/alerts"];
    const answers = await Promise.all(pages.map((path) => api.call(path, { headers })));

    expect(await told).toBe("nothing");
    expect(answers.map(({ status }) => status)).toEqual([403, 403, 403]);
  });

  test.each([
    ["light", "desk", DESKTOP],
    ["dark", "desk", DESKTOP],
    ["light", "phone", PHONE],
    ["dark", "phone", PHONE],
  ] as const)(
    "can be read, named and reached, as WCAG 2.2 AA has it: in %s colors on a %s",
    async (colorScheme, _, device) => {
      const { dashboard, held } = await open({ ...device, colorScheme, reducedMotion: "reduce" });
      const key = newKey();
      await behind.send(behind.place("reset"), key);

      await listed(held, key);

      expect(await violations(dashboard.page)).toEqual([]);
    },
  );

  test("is reached, and read to its end, on a phone and by keyboard", async () => {
    const { dashboard, held } = await open(PHONE);
    const key = newKey();
    await behind.send(behind.place("reset"), key);
    const item = await listed(held, key);

    await item.getByRole("button", { name: `Look up ${key}` }).focus();
    for (let presses = 0; presses < 2; presses++) await dashboard.page.keyboard.press("Tab");
    await dashboard.page.keyboard.press("Enter");
    await dashboard.page.locator("#found form .notice", { hasText: "certainly not take effect" }).waitFor();

    expect(await dashboard.page.evaluate("document.activeElement.textContent")).toBe("No");
    expect(await dashboard.page.evaluate("document.documentElement.scrollWidth > innerWidth")).toBe(false);
  });
});

describe("the list", () => {
  test("has the oldest keys, says how many more there are, and is there after a crash", async () => {
    const { dashboard, held } = await open();
    const before = await held.getByRole("listitem").count();
    const keys = Array.from({ length: MOST + 5 }, newKey);

    for (const key of keys) await behind.send(behind.place("reset"), key);

    const more = dashboard.page.locator("#more-held");
    await more.filter({ hasText: new RegExp(`^${before + 5} more keys are not listed`) }).waitFor();
    const items = held.getByRole("listitem");
    expect(await items.count()).toBe(MOST);
    const firstListed = items.filter({ has: dashboard.page.getByTitle(keys[0]!) });
    expect(await firstListed.count()).toBe(1);
    expect(await held.getByTitle(keys.at(-1)!).count()).toBe(0);

    await api.server.kill();

    await dashboard.page.locator('#connection[data-state="lost"]').waitFor();
    await dashboard.page.locator('#connection[data-state="live"]').waitFor();
    const again = await open();
    await listed(again.held, keys[0]!);
    expect(await again.held.getByRole("listitem").count()).toBe(MOST);
  });
});

describe("a service that knows of no such key", () => {
  const other = gateway({}, { assets: PUBLIC, root: join(import.meta.dirname, "../../crates/gateway") });

  test("says so in words", async () => {
    const client = new Client();
    client.server = other.server;
    const { page } = await openDashboard(browser, client);

    expect(await page.locator("#no-held").innerText()).toMatch(/^No key is ambiguous/);
  });
});

async function open(options: BrowserContextOptions = DESKTOP) {
  const httpCredentials = { username: "olga", password: olga.token };
  const dashboard = await openDashboard(browser, api, { ...options, httpCredentials });
  return { dashboard, held: dashboard.page.locator("#held") };
}

/** The key's place in the list, as soon as it has one. */
async function listed(held: Locator, key: string): Promise<Locator> {
  const item = held.getByRole("listitem").filter({ has: held.page().getByTitle(key) });
  await item.waitFor();
  return item;
}
