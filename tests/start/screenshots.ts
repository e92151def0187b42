// npm run screenshots
//
// Makes the pictures of the page at / that README.md shows: a payment whose object is killed after the effect, and whose
// next answer is lost.

import { join } from "node:path";
import type { BrowserContextOptions } from "playwright-core";
import sharp from "sharp";
import { openBrowser } from "../harness/browser.ts";
import { Client } from "../harness/client.ts";
import { startServer } from "../harness/server.ts";
import { openStart } from "./start.ts";

const DOCS = join(import.meta.dirname, "../../docs");
const DESKTOP = { viewport: { width: 1120, height: 870 } };
const PHONE = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };

const api = new Client();
api.server = await startServer({ START_PAGE: "on", FAULT_INJECTION: "on" });
const browser = await openBrowser();
try {
  for (const colorScheme of ["light", "dark"] as const) {
    await take(`start-desktop-${colorScheme}.png`, { ...DESKTOP, colorScheme });
    await take(`start-phone-${colorScheme}.png`, { ...PHONE, colorScheme });
  }
} finally {
  await browser.close();
  await api.server.stop();
}

async function take(name: string, options: BrowserContextOptions): Promise<void> {
  const start = await openStart(browser, api, { ...options, reducedMotion: "reduce" });
  await start.turn("Kill the object after the effect");
  await start.turn("Lose the answer");
  await start.pay();
  await start.adds(3, 1, 1);
  await start.stands("Paid.");
  await start.page.evaluate("document.activeElement.blur()");
  const picture = await start.page.screenshot({ fullPage: true });
  // A palette is a third of the size, and flat colors lose nothing.
  await sharp(picture).png({ palette: true, effort: 10 }).toFile(join(DOCS, name));
}
