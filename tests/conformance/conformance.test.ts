// The suite against this Worker, as `npm run conformance` runs it, where nothing is out of its reach.

import { join } from "node:path";
import { expect, test } from "vitest";
import { readFile } from "node:fs/promises";
import { startServer } from "../harness/server.ts";
import type { Case } from "./case.ts";
import { CASES } from "./cases/index.ts";
import { summarize, summaryLine } from "./report.ts";
import { type Result, runSuite } from "./suite.ts";

/** How many of the 104 collected cases have to be shown. The others need what no HTTP client can do. */
const COLLECTED_SHOWN = 80;

/** Short enough to wait for, and longer than any case takes that does not wait for it. */
const AUDIT_TTL_SECONDS = "30";

test("the Worker passes every case that can be shown on it", { timeout: 480_000 }, async () => {
  // Those that disturb a server have one of their own, so that they need not wait for the others.
  const parts = [CASES.filter(({ alone }) => !alone), CASES.filter(({ alone }) => alone)];

  const results = (await Promise.all(parts.map(run))).flat();

  console.log(summaryLine(results));
  const failed = results.filter(({ result }) => result === "failed");
  expect(failed.map(({ case: { id }, reason }) => `${id}: ${reason}`)).toEqual([]);
  expect(summarize(results).collectedShown).toBeGreaterThanOrEqual(COLLECTED_SHOWN);
});

test("every collected case is shown by a case, or has a reason why none can", () => {
  const numbers = new Set(CASES.flatMap(({ shows = [] }) => shows));

  expect([...numbers].sort((a, b) => a - b)).toEqual(Array.from({ length: 104 }, (_, i) => i + 1));
  expect(new Set(CASES.map(({ id }) => id)).size).toBe(CASES.length);
});

/** On a server of their own. */
async function run(cases: Case[]): Promise<Result[]> {
  const server = await startServer({
    FAULT_INJECTION: "on",
    AUDIT_TTL_SECONDS,
    CORS_ALLOWED_ORIGINS: "https://shop.example",
  });
  try {
    const folder = join(import.meta.dirname, "profiles");
    const profile = JSON.parse(await readFile(join(folder, "edge-idempotency.json"), "utf8"));
    return await runSuite({ url: server.address, profile, folder, seed: 20_260_101 }, cases);
  } finally {
    await server.stop();
  }
}
