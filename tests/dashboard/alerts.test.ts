// Alerts on the dashboard: they rise, say why, and clear.

import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openBrowser } from "../harness/browser.ts";
import { eventually, newKey, serve } from "../harness/client.ts";
import { openDashboard } from "./dashboard.ts";

const RULES = {
  window_s: 3,
  min_requests: 5,
  mismatch_share: 0.25,
  failure_share: 0.5,
  conflicts_per_key: 3,
};
const api = serve({ ALERT_RULES: JSON.stringify(RULES) });

let browser: Browser;
beforeAll(async () => {
  browser = await openBrowser();
});
afterAll(() => browser?.close());

test("an alert is a banner with since when and why, and goes away when it is over", async () => {
  const dashboard = await openDashboard(browser, api);
  const key = newKey();
  await api.create(key);
  const started = await dashboard.page.evaluate<string>("new Date().toLocaleTimeString('en-GB')");

  for (let request = 0; request < 9; request++) await api.create(key, { payload: { name: `${request}` } });

  const banner = dashboard.page.locator("#raised li");
  await banner.waitFor();
  expect(await dashboard.page.getByRole("alert").innerText()).toBe("Many mismatches");
  expect(await banner.locator(".why").innerText()).toMatch(/^\d+ of \d+ requests of the last 3 s/);
  expect(await banner.locator(".since").innerText()).toMatch(/^Since \d\d:\d\d:\d\d, for \d+ s\.$/);
  const since = /\d\d:\d\d:\d\d/.exec(await banner.locator(".since").innerText())![0];
  expect(since >= started).toBe(true);
  expect(await dashboard.page.locator(".figure[data-alert] dt").innerText()).toContain("Mismatches");
  expect(await dashboard.page.title()).toMatch(/^\(1\) /);

  await banner.waitFor({ state: "detached" });
  expect(await dashboard.page.getByRole("alert").count()).toBe(0);
  expect(await dashboard.page.locator(".figure[data-alert]").count()).toBe(0);
  await dashboard.page.getByText("No alerts, 1 cleared").click();
  expect(await dashboard.page.locator("#cleared").innerText()).toMatch(
    /^Many mismatches, raised at .*, cleared after/,
  );
  dashboard.isInnocent();
});

test("a page that is opened while an alert is raised shows it at once, with its beginning", async () => {
  const key = newKey();
  const slow = api.create(key, { fault: "delay=2500" });
  await api.isRunning(key);
  for (let request = 0; request < 5; request++) await api.create(key);
  await eventually(async () => (await api.call("/api/v1/alerts")).json.alerts.length > 0);
  const [raised] = (await api.call("/api/v1/alerts")).json.alerts;

  const dashboard = await openDashboard(browser, api);

  const banner = dashboard.page.locator("#raised li");
  expect(await banner.locator("strong").innerText()).toBe(`Many conflicts on one key: ${key.slice(0, 8)}…`);
  const since = await dashboard.page.evaluate<string>(
    `new Date(${raised.since}).toLocaleTimeString('en-GB')`,
  );
  expect(await banner.locator(".since").innerText()).toContain(since);
  await slow;
});

test("the rules that are watched are those of the configuration", async () => {
  const dashboard = await openDashboard(browser, api);

  await dashboard.page.getByText("What is watched").click();

  await eventually(async () => (await dashboard.page.locator("#rules li").count()) === 6);
  expect(await dashboard.page.locator("#rules-title").innerText()).toContain("in the last 3 s");
  const rules = await dashboard.page.locator("#rules").innerText();
  expect(rules).toMatch(/more than 25 % of 5 requests/);
  expect(rules).toMatch(/AMBIGUOUS for 15 min/);
});
