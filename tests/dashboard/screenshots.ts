// npm run screenshots
//
// Makes the pictures of the dashboard that README.md shows: while the demo runs against a service whose clients are
// known, as a deployed one's are.

import { join } from "node:path";
import type { BrowserContextOptions, Page } from "playwright-core";
import sharp from "sharp";
import { demo } from "../demo/demo.ts";
import { openBrowser } from "../harness/browser.ts";
import { startServer } from "../harness/server.ts";
import { makeToken } from "../harness/tokens.ts";

const DOCS = join(import.meta.dirname, "../../docs");

/** When the pictures are taken: there has been an incident or two, and another one goes on. */
const AFTER_S = 78;
const SECONDS = 90;
const SEED = 3;

const operator = makeToken("ops", "operator");
const clients = ["demo-app", "demo-web", "demo-shop", "demo-till", "demo-billing"].map((name) =>
  makeToken(name),
);
const server = await startServer({
  AUTH: "on",
  API_TOKENS: JSON.stringify([operator, ...clients].map(({ stored }) => stored)),
  FAULT_INJECTION: "on",
  // How fast the machine is that makes the pictures is no incident.
  ALERT_RULES: JSON.stringify({ p99_ms: 15_000 }),
});
const browser = await openBrowser();
try {
  const desktop = await open({ viewport: { width: 1440, height: 900 }, colorScheme: "light" });
  const phone = await open({ viewport: { width: 390, height: 844 }, colorScheme: "dark", isMobile: true });
  const traffic = sendTraffic();
  await traffic.isLate;
  await take(desktop, "dashboard-desktop.png");
  await take(phone, "dashboard-phone.png", 1700);
  await traffic.isOver;
} finally {
  await browser.close();
  await server.stop();
}

async function open(options: BrowserContextOptions): Promise<Page> {
  const httpCredentials = { username: "ops", password: operator.token };
  const context = await browser.newContext({ ...options, httpCredentials, reducedMotion: "reduce" });
  const page = await context.newPage();
  await page.goto(new URL("/dashboard", server.address).href);
  await page.locator('#connection[data-state="live"]').waitFor();
  return page;
}

function sendTraffic() {
  const started = performance.now();
  const tokens = clients.map(({ token }) => token);
  const plan = {
    url: server.address,
    rate: 20,
    seconds: SECONDS,
    seed: SEED,
    tokens,
    operator: operator.token,
  };
  const { promise: isLate, resolve } = Promise.withResolvers<void>();
  const isOver = demo(plan, (line) => {
    if (performance.now() - started > AFTER_S * 1000) resolve();
    if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${line}`);
  });
  return { isLate, isOver };
}

/** The whole page, or its first pixels, with a key looked up that took more than one attempt, if there is one. */
async function take(page: Page, name: string, height?: number): Promise<void> {
  const retried = page.locator("#lines tr", { hasText: "retrying" }).getByRole("button");
  const keys = (await retried.count()) > 0 ? retried : page.locator("#lines").getByRole("button");
  await keys.first().evaluate((key) => (key as HTMLElement).click());
  await page.locator("#found .history").waitFor();
  await page.evaluate("scrollTo(0, 0)");
  const width = page.viewportSize()!.width;
  const clip = height === undefined ? {} : { clip: { x: 0, y: 0, width, height } };
  const picture = await page.screenshot({ fullPage: true, ...clip });
  // A palette is a third of the size, and flat colors lose nothing.
  await sharp(picture).png({ palette: true, effort: 10 }).toFile(join(DOCS, name));
}
