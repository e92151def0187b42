// How the dashboard looks: light and dark, on a desk and in a hand, without eyes and without a mouse.

import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isTooWide, openBrowser } from "../harness/browser.ts";
import { AUDIT_LOG, eventually, newKey, serve, TRANSACTIONS } from "../harness/client.ts";
import { DESKTOP, openDashboard, PHONE, violations } from "./dashboard.ts";

const RULES = { window_s: 3600, min_requests: 1, mismatch_share: 0.01, failure_share: 0.01 };
const api = serve({ ALERT_RULES: JSON.stringify(RULES) });

let browser: Browser;
beforeAll(async () => {
  browser = await openBrowser();
  await makeTraffic();
});
afterAll(() => browser?.close());

describe.each([
  ["light", "desk", DESKTOP],
  ["dark", "desk", DESKTOP],
  ["light", "phone", PHONE],
  ["dark", "phone", PHONE],
] as const)("in %s colors on a %s", (colorScheme, _, device) => {
  test("everything can be read, named and reached, as WCAG 2.2 AA has it", async () => {
    const { page, lines } = await openDashboard(browser, api, {
      ...device,
      colorScheme,
      reducedMotion: "reduce",
    });
    await page.locator("#raised li").nth(1).waitFor();
    await lookUpSomething(page, lines);
    await page.locator("summary").click();

    expect(await violations(page)).toEqual([]);
  });

  test("so it can while it is disconnected", async () => {
    const { page } = await openDashboard(browser, api, { ...device, colorScheme });

    await page.context().setOffline(true);
    await page.locator('#connection[data-state="lost"]').waitFor();

    expect(await violations(page)).toEqual([]);
  });

  test("the colors are those that the reader's system asks for, in charts too", async () => {
    const { page } = await openDashboard(browser, api, { ...device, colorScheme });
    const other = colorScheme === "light" ? "dark" : "light";

    expect(await brightness(page)).toSatisfy((value: number) => value > 128 === (colorScheme === "light"));
    const drawn = await chartPixels(page);
    await page.emulateMedia({ colorScheme: other });

    await eventually(async () => (await brightness(page)) > 128 === (other === "light"));
    await eventually(async () => (await chartPixels(page)) !== drawn);
  });
});

test.each([320, 390, 768, 1024, 1440])("nothing has to be scrolled sideways at %d pixels", async (width) => {
  const { page, lines } = await openDashboard(browser, api, { viewport: { width, height: 800 } });
  await lookUpSomething(page, lines);

  expect(await isTooWide(page)).toBe(false);
});

test("the keyboard alone reaches every control, and sees where it is", async () => {
  const { page } = await openDashboard(browser, api);
  const reached = new Set<string>();

  for (let presses = 0; presses < 60; presses++) {
    await page.keyboard.press("Tab");
    if (await page.evaluate("document.activeElement === document.body")) break;
    reached.add(
      await page.evaluate(`{
      const active = document.activeElement;
      const shown = active.type === "radio" ? active.nextElementSibling : active;
      const style = getComputedStyle(shown);
      (active.id || active.name || active.className || active.textContent.trim()) +
        (style.outlineStyle === "none" || parseFloat(style.outlineWidth) < 2 ? ", unseen" : "");
    }`),
    );
  }

  const expected = [
    "requests-chart",
    "durations-chart",
    "share",
    "pause",
    "filter-text",
    "filter-kind",
    "look-up-key",
  ];
  expect([...reached]).toEqual(
    expect.arrayContaining([...expected, "filter-operation", "filter-outcome", "link", "look-up-client"]),
  );
  expect([...reached].filter((name) => name.endsWith(", unseen"))).toEqual([]);
});

test("the arrow keys go through a chart, and what is there is said", async () => {
  const { page } = await openDashboard(browser, api);
  const chart = page.getByRole("slider", { name: "Requests per second" });
  await chart.focus();
  const place = () => chart.getAttribute("aria-valuenow").then(Number);
  const said = await chart.getAttribute("aria-valuetext");
  const last = await place();

  await page.keyboard.press("ArrowLeft");
  const before = await place();
  await page.keyboard.press("Home");

  expect(said).toMatch(/^\d\d:\d\d:\d\d: /);
  expect(before).toBe(last - 1);
  expect(await place()).toBe(0);
});

test("nothing moves for those who want it still", async () => {
  const { page } = await openDashboard(browser, api, { ...DESKTOP, reducedMotion: "reduce" });

  await api.create(newKey(), { headers: { "X-Correlation-ID": "still" } });
  await page.locator("#lines tr", { hasText: "still" }).first().waitFor();

  expect(await page.evaluate("document.getAnimations().length")).toBe(0);
});

/** Something of everything, and two alerts. */
async function makeTraffic() {
  const key = newKey();
  for (let request = 0; request < 3; request++) await api.create(key, { as: "ann" });
  await api.create(key, { as: "ann", payload: { name: "another" } });
  await api.create(newKey(), { as: "ann", fault: "fail-before" });
  await api.create(newKey(), { as: "bob", payload: {} });
  await api.post(TRANSACTIONS, newKey(), { as: "bob", fault: "delay=30" });
  await api.post(AUDIT_LOG, newKey(), { as: "bob" });
  await eventually(async () => (await api.call("/api/v1/alerts")).json.alerts.length === 2);
}

async function lookUpSomething(page: Page, lines: Locator) {
  await lines.getByRole("button").first().click();
  await page.getByLabel("Client").fill("bob");
  await page.getByLabel("Client").press("Enter");
  await page.locator("#found .history").waitFor();
}

/** Of the page's background, from 0, black, to 255. */
async function brightness(page: Page): Promise<number> {
  const color = await page.evaluate<string>("getComputedStyle(document.documentElement).backgroundColor");
  const [red = 0, green = 0, blue = 0] = color.match(/\d+/g)!.map(Number);
  return (red + green + blue) / 3;
}

/** The color of a grid line in the chart of durations, whose axis does not change. */
function chartPixels(page: Page): Promise<string> {
  return page.evaluate(`{
    const canvas = document.querySelector("#durations-chart canvas");
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    let sum = [0, 0, 0];
    for (let at = 0; at < data.length; at += 4) {
      if (data[at + 3] === 255) sum = sum.map((value, channel) => value + data[at + channel]);
    }
    String(sum);
  }`);
}
