// The dashboard when it cannot hear the service, and afterwards.

import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openBrowser } from "../harness/browser.ts";
import { eventually, newKey, serve } from "../harness/client.ts";
import { openDashboard, type Dashboard } from "./dashboard.ts";

const api = serve();

let browser: Browser;
beforeAll(async () => {
  browser = await openBrowser();
});
afterAll(() => browser?.close());

test("a page that is offline says since when, and catches up by itself", async () => {
  const dashboard = await openDashboard(browser, api);
  await api.create(newKey(), { headers: { "X-Correlation-ID": "before" } });
  await dashboard.lines.filter({ hasText: "before" }).first().waitFor();
  const executed = (await dashboard.counts()).executed!;

  await dashboard.page.context().setOffline(true);
  await eventually(() => isLost(dashboard));
  for (let request = 0; request < 5; request++)
    await api.create(newKey(), { headers: { "X-Correlation-ID": "meanwhile" } });
  await eventually(async () => (await executedInAll()) === executed + 5);

  expect(await dashboard.status.innerText()).toMatch(/^Disconnected since \d\d:\d\d:\d\d\./);
  expect(await dashboard.page.locator("#next").innerText()).toMatch(/^Trying again/);
  expect(await dashboard.page.title()).toMatch(/^Disconnected/);
  expect((await dashboard.counts()).executed).toBe(executed);
  await dashboard.page.context().setOffline(false);
  await eventually(() => isLive(dashboard));
  await eventually(async () => (await dashboard.counts()).executed === executed + 5);
  expect(await dashboard.outcome("executed")).toEqual([expect.any(String), "6", `${executed + 5}`]);
  await dashboard.lines.filter({ hasText: "meanwhile" }).first().waitFor();
});

test("a page survives that the service is killed, and goes on where the sums are", async () => {
  const dashboard = await openDashboard(browser, api);
  await api.create(newKey(), { headers: { "X-Correlation-ID": "settled" } });
  await eventually(async () => (await dashboard.counts()).executed === (await executedInAll()));
  const executed = (await dashboard.counts()).executed!;
  const states = await watchStates(dashboard);

  await api.server.kill();
  await api.create(newKey(), { headers: { "X-Correlation-ID": "after" } });

  await eventually(async () => (await dashboard.counts()).executed === executed + 1);
  expect(await states()).toEqual(["lost", "live"]);
  await dashboard.lines.filter({ hasText: "after" }).first().waitFor();
});

test("a page tries again as soon as it is asked to", async () => {
  const dashboard = await openDashboard(browser, api);
  let isClosed = true;
  await dashboard.page.routeWebSocket("**/dashboard/live", (socket) => {
    if (isClosed) void socket.close();
    else socket.connectToServer();
  });
  await dashboard.page.reload();
  await eventually(() => isLost(dashboard));

  isClosed = false;
  await dashboard.page.getByRole("button", { name: "Try now" }).click();

  await eventually(() => isLive(dashboard));
  expect(await dashboard.page.getByRole("button", { name: "Try now" }).isVisible()).toBe(false);
});

test("a connection that died in silence is found out, and replaced", async () => {
  const dashboard = await openDashboard(browser, api);
  let connections = 0;
  let pongs = 0;
  let isDead = false;
  await dashboard.page.clock.install();
  await dashboard.page.routeWebSocket("**/dashboard/live", (socket) => {
    connections += 1;
    const server = socket.connectToServer();
    server.onMessage((message) => {
      if (message === "pong") pongs += 1;
      if (!isDead) socket.send(message);
    });
  });
  await dashboard.page.reload();
  await eventually(() => isLive(dashboard));
  for (const answered of [1, 2]) {
    await dashboard.page.clock.fastForward(21_000);
    await eventually(() => pongs === answered);
  }
  expect(await isLive(dashboard)).toBe(true);
  expect(connections).toBe(1);

  isDead = true;
  await eventually(async () => {
    await dashboard.page.clock.fastForward(10_000);
    return isLost(dashboard);
  });
  isDead = false;

  await eventually(async () => {
    await dashboard.page.clock.fastForward(1000);
    return isLive(dashboard);
  });
  expect(connections).toBeGreaterThan(1);
});

async function state(dashboard: Dashboard) {
  return dashboard.status.getAttribute("data-state");
}

async function isLost(dashboard: Dashboard) {
  return (await state(dashboard)) === "lost";
}

async function isLive(dashboard: Dashboard) {
  return (await state(dashboard)) === "live";
}

/** The states that the connection goes through from now on, each once. */
async function watchStates({ page }: Dashboard): Promise<() => Promise<string[]>> {
  await page.evaluate(`{
    const line = document.querySelector("#connection");
    let last = line.dataset.state;
    globalThis.states = [];
    new MutationObserver(() => {
      if (line.dataset.state !== last) globalThis.states.push((last = line.dataset.state));
    }).observe(line, { attributeFilter: ["data-state"] });
  }`);
  return () => page.evaluate("globalThis.states");
}

/** What the service has counted. */
async function executedInAll(): Promise<number> {
  const { text } = await api.call("/metrics");
  return Number(/^idempotency_requests_total\{.*outcome="executed"\} (\d+)$/m.exec(text)?.[1] ?? 0);
}
