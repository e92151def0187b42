// A browser that sees nothing but the server under test.

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { chromium, type Browser, type BrowserContextOptions, type Page } from "playwright-core";

/** Not a name of this machine: a page must not be nicer to its developer than to others. */
export const HOST = "api.example";

/** What a page did that it should not. */
export interface Mischief {
  requests: string[];
  errors: string[];
}

/** How long a page may take for what is awaited: a machine may be busy with much else. */
const PATIENCE_MS = 120_000;

/** The browser that scripts/browser.mjs found; `HOST` is this machine. */
export async function openBrowser(): Promise<Browser> {
  const path = await readFile(join(import.meta.dirname, "../../.tools/browser"), "utf8");
  const quiet = ["background-networking", "component-update", "gpu", "quic", "sync"];
  return chromium.launch({
    executablePath: path,
    args: [
      "--headless",
      "--no-sandbox",
      "--no-first-run",
      `--host-resolver-rules=MAP ${HOST} 127.0.0.1`,
      ...quiet.map((feature) => `--disable-${feature}`),
    ],
  });
}

/** A page in a window of its own, watched from its first moment on. */
export async function openPage(browser: Browser, options: BrowserContextOptions = {}) {
  const context = await browser.newContext(options);
  context.setDefaultTimeout(PATIENCE_MS);
  const page = await context.newPage();
  const mischief: Mischief = { requests: [], errors: [] };
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) mischief.errors.push(message.text());
  });
  page.on("pageerror", (error) => mischief.errors.push(error.message));
  page.on("request", (request) => {
    const { hostname, protocol } = new URL(request.url());
    if (hostname !== HOST && protocol !== "data:") mischief.requests.push(request.url());
  });
  await page.addInitScript(`document.addEventListener("securitypolicyviolation", (violation) =>
    console.error(violation.violatedDirective, "does not allow", violation.blockedURI))`);
  return { page, mischief };
}

/** Whether something has to be scrolled sideways to be read. */
export function isTooWide(page: Page): Promise<boolean> {
  return page.evaluate("document.documentElement.scrollWidth > innerWidth");
}
