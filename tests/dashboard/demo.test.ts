// The demo: what it sends is what is counted, to the request, and what the dashboard shows.

import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Counts, countedBy, outcomeOf } from "../demo/counts.ts";
import { demo } from "../demo/demo.ts";
import { table, verdict } from "../demo/report.ts";
import { openBrowser } from "../harness/browser.ts";
import { eventually, serve } from "../harness/client.ts";
import { openDashboard } from "./dashboard.ts";

const RUN = join(import.meta.dirname, "../demo/run.ts");
const run = promisify(execFile);
const silent = () => {};

const api = serve();

let browser: Browser;
beforeAll(async () => {
  browser = await openBrowser();
});
afterAll(() => browser?.close());

test("every request of it is counted once, by its operation and outcome, and on the page", async () => {
  const dashboard = await openDashboard(browser, api);

  const { sent, counted, unanswered } = await demo(plan({ rate: 80, seconds: 2, seed: 7 }), silent);

  expect(unanswered).toBe(0);
  expect(sent.total).toBeGreaterThan(100);
  expect(sent.operations).toEqual(["create_audit_log", "create_resource", "create_transaction"]);
  expect(sent.outcomes()).toEqual(expect.arrayContaining(["executed", "replayed", "validation_failed"]));
  expect(table({ sent, counted, unanswered })).not.toContain("/metrics");
  expect(counted.equals(sent)).toBe(true);
  for (const outcome of sent.outcomes()) {
    const all = sent.operations.reduce((sum, operation) => sum + sent.of(operation, outcome), 0);
    await eventually(async () => (await dashboard.counts())[outcome.replaceAll("_", " ")] === all);
  }
});

test("every request of it is counted once where the service was killed before it", async () => {
  const before = await countedBy(api.server.address);
  const first = await demo(plan({ rate: 40, seconds: 1.5, seed: 8 }), silent);

  await api.server.kill();
  const second = await demo(plan({ rate: 40, seconds: 1.5, seed: 9 }), silent);

  expect(table(second)).not.toContain("/metrics");
  const counted = (await countedBy(api.server.address)).minus(before);
  expect(counted.minus(first.sent).equals(second.sent)).toBe(true);
});

describe("the command", () => {
  test("says what it sent, and that /metrics has it all", async () => {
    const args = [RUN, "--rate", "30", "--seconds", "1", "--url", api.server.address.href];

    const { stdout } = await run(process.execPath, args);

    expect(stdout).toContain(new URL("/dashboard", api.server.address).href);
    expect(stdout).toMatch(/^executed +\d/m);
    expect(stdout).toMatch(/\/metrics has all \d+ requests, each by its operation and outcome\.\s*$/);
  });

  test("says what to do where there is no server", async () => {
    const failed = await run(process.execPath, [RUN, "--url", "http://127.0.0.1:1"]).catch((error) => error);

    expect(failed.code).toBe(1);
    expect(failed.stderr).toContain("npm start");
  });

  test.each([
    ["--rate", "0"],
    ["--seconds", "soon"],
    ["--speed", "9"],
  ])("refuses %s %s", async (...args) => {
    const failed = await run(process.execPath, [RUN, ...args]).catch((error) => error);

    expect(failed.code).toBe(1);
    expect(failed.stderr).toContain("Usage: npm run demo");
  });
});

test("a count that is not what was sent is shown beside it", () => {
  const [sent, counted] = [new Counts(), new Counts()];
  sent.add("create_resource", "executed", 3);
  counted.add("create_resource", "executed", 2);
  counted.add("create_resource", "failed", 1);

  expect(counted.equals(sent)).toBe(false);
  expect(table({ sent, counted, unanswered: 0 })).toMatch(
    /executed +3 \(\/metrics: 2\)\s*failed +0 \(\/metrics: 1\)/,
  );
  expect(verdict({ sent, counted, unanswered: 2 })).toMatch(/they differ[^]*2 requests got no answer/);
});

test.each([
  [201, false, undefined, "executed"],
  [201, true, undefined, "replayed"],
  [409, false, "/problems/operation-in-progress", "in_progress"],
  [400, false, "/problems/request-mismatch", "mismatch"],
  [422, false, "/problems/validation-failed", "validation_failed"],
  [413, false, "/problems/payload-too-large", "validation_failed"],
  [503, false, "/problems/operation-failed", "failed"],
  [503, false, "/problems/service-unavailable", "unavailable"],
  [500, false, "/problems/internal-error", "unavailable"],
] as const)("the answer %d, replayed %s, %s, says %s", (status, isReplayed, problem, outcome) => {
  expect(outcomeOf(status, isReplayed, problem)).toBe(outcome);
});

function plan(traffic: { rate: number; seconds: number; seed: number }) {
  return { url: api.server.address, ...traffic };
}
