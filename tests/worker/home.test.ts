// The page at /, as a person sees it who opens the address of the service in a browser.

import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { HOST, isTooWide, openBrowser, openPage } from "../harness/browser.ts";
import { startServer, type Server } from "../harness/server.ts";

const DESKTOP = { viewport: { width: 1280, height: 900 } };
const PHONE = { viewport: { width: 320, height: 600 }, isMobile: true, hasTouch: true };

let server: Server;
let browser: Browser;
beforeAll(async () => {
  server = await startServer({ AUTH: "on" });
  browser = await openBrowser();
});
afterAll(async () => {
  await browser?.close();
  await server.stop();
});

test("it leads to the API, and nothing of it comes from elsewhere", async () => {
  const { page, mischief } = await openPage(browser, DESKTOP);
  await page.goto(`http://${HOST}:${server.address.port}/`);

  const command = await page.locator("pre").innerText();
  await page.getByRole("link", { name: "The API" }).click();

  expect(command).toContain(`http://${HOST}:${server.address.port}/api/`);
  expect(new URL(page.url()).pathname).toBe("/docs");
  expect(mischief).toEqual({ requests: [], errors: [] });
});

test.each(["light", "dark"] as const)(
  "it is as %s as the reader's system, also on a phone",
  async (scheme) => {
    const { page } = await openPage(browser, { ...PHONE, colorScheme: scheme });
    await page.goto(`http://${HOST}:${server.address.port}/`);

    // A page that sets no color of its own has the system's: Canvas and CanvasText.
    const ink = await page.evaluate<string>("getComputedStyle(document.querySelector('h1')).color");
    const isTooNarrow = await isTooWide(page);

    expect(ink).toBe(scheme === "dark" ? "rgb(255, 255, 255)" : "rgb(0, 0, 0)");
    expect(isTooNarrow).toBe(false);
  },
);
