// The dashboard, as an operator uses it.

import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openBrowser, openPage } from "../harness/browser.ts";
import { AUDIT_LOG, type Call, Client, eventually, newKey, serve, TRANSACTIONS } from "../harness/client.ts";
import { startServer, type Variables } from "../harness/server.ts";
import { openDashboard } from "./dashboard.ts";

let browser: Browser;
beforeAll(async () => {
  browser = await openBrowser();
});
afterAll(() => browser?.close());

describe("a service that has done nothing", () => {
  test("says so, and how to see something", async () => {
    const api = await serveOnce();
    const dashboard = await openDashboard(browser, api);

    expect(await dashboard.page.locator("#welcome").innerText()).toContain("npm run demo");
    expect(await dashboard.page.locator("#no-lines").innerText()).toBe("No event yet.");
    expect(await dashboard.figure("Replay ratio")).toEqual({ value: "–", more: "no replays" });

    await api.create(newKey());
    await dashboard.page.locator("#welcome").waitFor({ state: "hidden" });
    dashboard.isInnocent();
    await api.server.stop();
  });
});

describe("a service that counts nothing", () => {
  test("says so in the place of figures", async () => {
    const api = await serveOnce({ TELEMETRY_OBJECTS: "0" });
    const { page } = await openPage(browser);

    await page.goto(new URL("/dashboard", api.server.address).href);

    const status = page.locator("#connection");
    await eventually(async () => (await status.innerText()).includes("TELEMETRY_OBJECTS"));
    expect(await status.innerText()).toMatch(/^Disconnected since .* Nothing is counted/);
    await api.server.stop();
  });
});

describe("an open page", () => {
  const api = serve();

  test("shows each request by what became of it, to the request", async () => {
    const dashboard = await openDashboard(browser, api);
    const [key, failing, running] = [newKey(), newKey(), newKey()];
    const before = await dashboard.counts();

    await api.create(key, { as: "ann" });
    await api.create(key, { as: "ann" });
    await api.create(key, { as: "ann", payload: { name: "another" } });
    await api.create(failing, { fault: "fail-before" });
    await api.create(failing);
    await api.create(newKey(), { payload: {} });
    await api.create("nonsense");
    const slow = api.post(TRANSACTIONS, running, { fault: "delay=700" });
    await api.isRunning(running);
    await api.post(TRANSACTIONS, running);
    await slow;

    const sent = {
      executed: 3,
      replayed: 1,
      mismatch: 1,
      failed: 1,
      "validation failed": 1,
      "key invalid": 1,
      "in progress": 1,
    };
    await eventually(async () => {
      const counts = await dashboard.counts();
      return Object.entries(sent).every(([name, count]) => counts[name] === (before[name] ?? 0) + count);
    });
    expect((await dashboard.outcome("mismatch")).slice(1)).toEqual(["1", "1"]);
    expect(await dashboard.figure("Mismatches")).toEqual({ value: "1", more: "1 in 5 min" });
    expect(await dashboard.figure("Conflicts")).toEqual({ value: "1", more: "1 in 5 min" });
    expect(await dashboard.figure("Failures")).toEqual({ value: "1", more: "1 in 5 min" });
    expect(await dashboard.figure("Recoveries")).toEqual({ value: "1", more: "1 in 5 min" });
    expect(await dashboard.figure("Replay ratio")).toEqual({ value: "25%", more: "1 memory" });
    expect((await dashboard.figure("Records")).more).toBe(
      "0 processing · 3 completed · 0 failed · 0 ambiguous",
    );
    expect((await dashboard.figure("Bytes stored")).value).toMatch(/kB$/);
    dashboard.isInnocent();
  });

  test("shows how long operations take, by operation", async () => {
    const dashboard = await openDashboard(browser, api);

    await api.post(AUDIT_LOG, newKey(), { fault: "delay=600" });
    const row = dashboard.page.locator("#operations tr", { hasText: "create_audit_log" });
    await row.waitFor();

    // At least as long as it was delayed; how much longer is up to the machine.
    expect(await row.locator("td").allInnerTexts()).toEqual([
      expect.stringMatching(/^(≤ (1|2.5|5|15)|> 15) s/),
      expect.stringMatching(/^(≤ (1|2.5|5|15)|> 15) s/),
      expect.stringMatching(/^(≤ (1|2.5|5|15)|> 15) s/),
      expect.stringMatching(/^1/),
    ]);
    await dashboard.page.getByText("p50", { exact: true }).first().click();
    // What is read is the chart's last point: each is of ten seconds, and may have begun since the attempt.
    await eventually(async () => {
      await api.post(AUDIT_LOG, newKey());
      return /p50.*create_audit_log ≤ /.test(await dashboard.page.locator("#durations-reading").innerText());
    });
  });

  test("shows how clients behave: retries, and who uses keys twice", async () => {
    const dashboard = await openDashboard(browser, api);
    const key = newKey();

    for (let request = 0; request < 4; request++) await api.create(key, { as: "bob" });
    for (const name of ["other", "third"]) await api.create(key, { as: "bob", payload: { name } });

    const most = dashboard.page.locator("#callers tbody tr").first();
    await eventually(async () => (await most.innerText()).endsWith("2"));
    expect(await most.innerText()).toMatch(/^bob\s+2$/);
    expect(await dashboard.page.locator("#retries tr", { hasText: "6th" }).innerText()).toMatch(/1\s*$/);
    expect(await dashboard.page.locator("#between table").innerText()).toMatch(/≤ 10 ms\s+\d/);
  });

  test("lists events as they come, newest first, with whom they are about", async () => {
    const dashboard = await openDashboard(browser, api);
    const key = newKey();

    const answer = await api.create(key, { as: "cleo", headers: { "X-Correlation-ID": "order-4711" } });

    const row = dashboard.lines.filter({ hasText: "order-4711" });
    await eventually(async () => (await row.count()) === 3);
    const cells = await row.first().locator("td").allInnerTexts();
    expect(answer.headers.get("X-Correlation-ID")).toBe("order-4711");
    expect(cells[0]).toMatch(/^\d\d:\d\d:\d\d\.\d{3}$/);
    expect(cells.slice(1, 7)).toEqual([
      "Returning first result",
      "create_resource",
      "executed",
      `${key.slice(0, 8)}…`,
      "cleo",
      "order-4711",
    ]);
    expect(cells[7]).toMatch(/ms|s$/);
    expect(await row.last().innerText()).toContain("Starting idempotent operation");
  });

  test("lists the events that a filter lets pass, also those that come later", async () => {
    const dashboard = await openDashboard(browser, api);
    const key = newKey();
    await api.create(key, named("dora"));
    await dashboard.lines.filter({ hasText: "dora" }).first().waitFor();

    await dashboard.page.getByLabel("Contains").fill(key.slice(0, 8));
    await dashboard.page.getByRole("combobox", { name: "Kind" }).selectOption("answers");
    await eventually(async () => (await dashboard.lines.count()) === 1);
    await api.create(key);
    await api.create(newKey());
    await api.create(key, { payload: { name: "other" } });

    await eventually(async () => (await dashboard.lines.count()) === 3);
    await dashboard.page.getByRole("combobox", { name: "Outcome" }).selectOption("mismatch");
    await eventually(async () => (await dashboard.lines.count()) === 1);
    await dashboard.page.getByRole("combobox", { name: "Operation" }).selectOption("create_resource");
    expect(await dashboard.lines.innerText()).toMatch(/warning[^]*already used[^]*mismatch/);
    await dashboard.page.getByLabel("Contains").fill("nothing has this");
    expect(await dashboard.page.locator("#no-lines").innerText()).toBe("No event passes the filter.");
  });

  test("stands still while it is paused, and counts on", async () => {
    const dashboard = await openDashboard(browser, api);
    await dashboard.page.getByRole("button", { name: "Pause" }).click();
    const executed = (await dashboard.counts()).executed!;

    await api.create(newKey(), named("emma"));

    await eventually(async () => (await dashboard.counts()).executed === executed + 1);
    expect(await dashboard.lines.filter({ hasText: "emma" }).count()).toBe(0);
    expect(await dashboard.page.locator("#events-count").innerText()).toMatch(/paused, 3 wait/);
    await dashboard.page.getByRole("button", { name: "Go on" }).click();
    await eventually(async () => (await dashboard.lines.filter({ hasText: "emma" }).count()) === 3);
  });

  test("looks up the key of an event, with its whole history", async () => {
    const dashboard = await openDashboard(browser, api);
    const key = newKey();
    await api.create(key, { fault: "fail-after" });
    await api.create(key);

    await dashboard.lines
      .getByRole("button", { name: `Look up ${key}` })
      .first()
      .click();

    const found = dashboard.page.locator("#found");
    await found.locator(".history").waitFor();
    expect(await found.locator(".facts").innerText()).toMatch(/COMPLETED[^]*create_resource[^]*Attempts\s+2/);
    expect(await found.locator(".history li strong").allInnerTexts()).toEqual([
      "PROCESSING",
      "FAILED",
      "PROCESSING",
      "COMPLETED",
    ]);
    expect(await found.locator(".history li").nth(2).innerText()).toMatch(/attempt 2[^]*after \d/);
    dashboard.isInnocent();
  });

  test("looks up a key by hand, of any client", async () => {
    const dashboard = await openDashboard(browser, api);
    const key = newKey();
    await api.create(key, { as: "gina" });

    await dashboard.page.getByLabel("Key", { exact: true }).fill(key.toUpperCase());
    await dashboard.page.getByLabel("Client").fill("gina");
    await dashboard.page.getByRole("button", { name: "Look up", exact: true }).click();

    await dashboard.page.locator("#found .history").waitFor();
    expect(await dashboard.page.locator("#found h3").innerText()).toBe(key);
  });

  test("asks once who a caller is that is known by a digest only", async () => {
    const dashboard = await openDashboard(browser, api);
    const [key, other] = [newKey(), newKey()];
    for (const own of [key, other]) await api.create(own, { as: "ida.2026" });

    await dashboard.lines
      .getByRole("button", { name: `Look up ${key}` })
      .first()
      .click();
    expect(await dashboard.page.locator("#found").innerText()).toMatch(
      /^Which client is token [0-9a-f]{8}\?/,
    );
    await dashboard.page.keyboard.type("ida.2026");
    await dashboard.page.keyboard.press("Enter");
    await dashboard.page.locator("#found h3", { hasText: key }).waitFor();
    await dashboard.lines
      .getByRole("button", { name: `Look up ${other}` })
      .first()
      .click();

    await dashboard.page.locator("#found h3", { hasText: other }).waitFor();
  });

  test("says what it can mean that there is no such key", async () => {
    const dashboard = await openDashboard(browser, api);
    const key = newKey();
    await api.create(key, { as: "jan" });

    await dashboard.page.getByLabel("Key", { exact: true }).fill(key);
    await dashboard.page.getByLabel("Client").fill("hans");
    await dashboard.page.getByLabel("Client").press("Enter");

    await dashboard.page.locator("#found .notice").waitFor();
    expect(await dashboard.page.locator("#found").innerText()).toMatch(
      /client hans has no such key, or it has expired/,
    );
  });

  test("says so when more happens than it can list", async () => {
    const dashboard = await openDashboard(browser, api);
    const key = newKey();
    await api.create(key);
    const notice = dashboard.page.locator("#left-out");

    await eventually(async () => {
      await Promise.all(Array.from({ length: 150 }, () => api.create(key)));
      return notice.isVisible();
    });

    expect(await notice.innerText()).toMatch(/\d+ events of the last minute are only in the sums/);
    expect(await dashboard.lines.filter({ hasText: "in the sums only" }).count()).toBeGreaterThan(0);
    expect(await dashboard.lines.count()).toBeLessThanOrEqual(200);
    // Whatever is counted later, both are told of it.
    await eventually(async () => {
      const { text } = await api.call("/metrics");
      const counted = /outcome="replayed"\} (\d+)/.exec(text)![1]!;
      return (await dashboard.counts()).replayed === Number(counted);
    });
  });
});

/** A request whose events can be found by this word. */
function named(correlationId: string): Call {
  return { headers: { "X-Correlation-ID": correlationId } };
}

async function serveOnce(vars: Variables = {}) {
  const api = new Client();
  api.server = await startServer(vars);
  return api;
}
