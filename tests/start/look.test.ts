// How the page at / looks: light and dark, on a desk and in a hand, without eyes and without a mouse.

import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { violations } from "../dashboard/dashboard.ts";
import { isTooWide, openBrowser } from "../harness/browser.ts";
import { serve } from "../harness/client.ts";
import { makeToken } from "../harness/tokens.ts";
import { openStart, secondTab, type StartPage } from "./start.ts";

const DESKTOP = { viewport: { width: 1280, height: 900 } };
const PHONE = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };

const api = serve({ START_PAGE: "on" });
const tokens = JSON.stringify([makeToken("shop").stored]);
const checked = serve({ START_PAGE: "on", AUTH: "on", API_TOKENS: tokens });

let browser: Browser;
beforeAll(async () => {
  browser = await openBrowser();
});
afterAll(() => browser?.close());

describe.each([
  ["desk", DESKTOP],
  ["phone", PHONE],
])("on a %s, in light and in dark colors", (_, device) => {
  test("everything can be read, named and reached, as WCAG 2.2 AA has it", async () => {
    const start = await openStart(browser, api, { ...device, reducedMotion: "reduce" });
    const found = await violationsIn(start);

    await breakEverything(start);
    found.push(...(await violationsIn(start)));
    await payTwice(start);
    found.push(...(await violationsIn(start)));

    expect(found).toEqual([]);
  });

  test("so it can where it is refused", async () => {
    const start = await openStart(browser, checked, { ...device, reducedMotion: "reduce" });
    await start.pay();
    await start.page.getByLabel("API token").waitFor();

    expect(await violationsIn(start)).toEqual([]);
  });

  test("the colors are those that the reader's system asks for", async () => {
    const start = await openStart(browser, api, { ...device, colorScheme: "dark" });
    const inTheDark = await brightness(start);
    await start.page.emulateMedia({ colorScheme: "light" });

    expect(inTheDark).toBeLessThan(64);
    expect(await brightness(start)).toBeGreaterThan(192);
  });
});

test("nothing has to be scrolled sideways, from 320 pixels on", async () => {
  const start = await openStart(browser, api);
  const found = await tooNarrow(start);

  await breakEverything(start);
  await (await secondTab(start)).pay();
  await start.adds(4, 1, 1);
  found.push(...(await tooNarrow(start)));
  await payTwice(start);
  found.push(...(await tooNarrow(start)));

  expect(found).toEqual([]);
});

test.each([
  ["desk", DESKTOP],
  ["phone", PHONE],
])("nothing that is there moves on a %s while requests are sent", async (_, device) => {
  // Only what is in the window counts, so the window has everything.
  const viewport = { ...device.viewport, height: 2400 };
  const start = await openStart(browser, api, { ...device, viewport });
  await start.page.evaluate(`{
    globalThis.moved = [];
    const nameOf = ({ node }) => node?.id || node?.className || node?.textContent;
    new PerformanceObserver((list) => list.getEntries().forEach(({ sources }) => moved.push(...sources.map(nameOf))))
      .observe({ type: "layout-shift", buffered: true });
  }`);

  await breakEverything(start);

  expect(await start.page.evaluate("moved")).toEqual([]);
});

test("the keyboard alone does all of it, and sees where it is", async () => {
  const start = await openStart(browser, api, DESKTOP);
  const { page } = start;
  const focused = () =>
    page.evaluate<string>(`{
      const { id, textContent } = document.activeElement;
      const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement);
      const isSeen = outlineStyle !== "none" && parseFloat(outlineWidth) >= 2;
      (id || textContent.trim()) + (isSeen ? "" : ", unseen");
    }`);
  const reached: string[] = [];
  for (let presses = 0; presses < 11; presses++) {
    await page.keyboard.press("Tab");
    reached.push(await focused());
    if (reached.at(-1) === "lose") await page.keyboard.press("Space");
  }
  while ((await focused()) !== "pay") await page.keyboard.press("Shift+Tab");
  await page.keyboard.press("Enter");

  await start.adds(2, 1, 1);
  const controls = ["pay", "lose", "kill", "offline", "without", "Second tab", "renew"];
  expect(reached).toEqual(["Skip to the payment", "API", "Dashboard", "curl", ...controls]);
});

test("what comes of a request is said, and a switch says whether it is on", async () => {
  const start = await openStart(browser, api);
  await start.turn("Lose the answer");
  const isOn = await start.page.getByRole("switch", { name: "Lose the answer", checked: true }).count();

  await start.pay();
  await start.adds(2, 1, 1);

  const log = await start.page.getByRole("log").ariaSnapshot();
  expect(isOn).toBe(1);
  expect(log).toMatch(/The answer, 201, was lost[^]*Replayed: nothing ran/);
  expect(await start.page.getByRole("status").innerText()).toBe("Paid.");
  expect(await start.page.getByRole("switch", { name: "Lose the answer", checked: false }).count()).toBe(1);
});

test("nothing moves for those who want it still", async () => {
  const start = await openStart(browser, api, { reducedMotion: "reduce" });

  await start.turn("Go offline");

  expect(await start.page.evaluate("document.getAnimations().length")).toBe(0);
});

/** A request of each kind for one cart. */
async function breakEverything(start: StartPage) {
  await start.turn("Kill the object after the effect");
  await start.turn("Lose the answer");
  await start.pay();
  await start.adds(3, 1, 1);
  // Until then the last of them may be under way, and paying again sends nothing.
  await start.stands("Paid.");
  await start.turn("Go offline");
  await start.pay();
  await start.stands("Offline: still trying.");
}

/** What the client is there to prevent. */
async function payTwice(start: StartPage) {
  await start.page.getByRole("button", { name: "New cart" }).click();
  await start.turn("Go offline", false);
  await start.turn("Leave the client out");
  await start.turn("Lose the answer");
  await start.pay();
  await start.adds(2, 2, 2);
}

/** What axe-core finds in either color scheme. */
async function violationsIn({ page }: StartPage): Promise<string[]> {
  const found: string[] = [];
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    found.push(...(await violations(page)).map((violation) => `${colorScheme}: ${violation}`));
  }
  return found;
}

/** The widths at which something has to be scrolled sideways. */
async function tooNarrow({ page }: StartPage): Promise<number[]> {
  const found: number[] = [];
  for (const width of [320, 390, 768, 960, 1280]) {
    await page.setViewportSize({ width, height: 800 });
    if (await isTooWide(page)) found.push(width);
  }
  return found;
}

/** Of the page's background, from 0, black, to 255. */
async function brightness({ page }: StartPage): Promise<number> {
  const color = await page.evaluate<string>("getComputedStyle(document.documentElement).backgroundColor");
  const [red = 0, green = 0, blue = 0] = color.match(/\d+/g)!.map(Number);
  return (red + green + blue) / 3;
}
