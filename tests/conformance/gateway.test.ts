// The suite in front of an API that knows nothing of idempotency, and is not changed for it.

import { readFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import { inFrontOf } from "../harness/gateway.ts";
import { GATEWAY, startServer } from "../harness/server.ts";
import type { Case } from "./case.ts";
import { CASES } from "./cases/index.ts";
import { startNaive } from "./naive/server.ts";
import { summarize, summaryLine } from "./report.ts";
import { type Result, runSuite } from "./suite.ts";

/** How many cases can be shown without killing the server and without waiting for the time-out. */
const SHOWN = 90;

test("a naive API passes behind the gateway", { timeout: 240_000 }, async () => {
  const results = await run(CASES.filter(isQuick));

  console.log(summaryLine(results));
  const failed = results.filter(({ result }) => result === "failed");
  expect(failed.map(({ case: { id }, reason }) => `${id}: ${reason}`)).toEqual([]);
  expect(summarize(results).passed).toBeGreaterThanOrEqual(SHOWN);
});

/** Those that wait, wait for the time-out, but for one. */
function isQuick({ id, alone, waits }: Case): boolean {
  return !alone && (!waits || id === "random-run");
}

/** On servers of their own, with the policy that `npm run gateway` writes. */
async function run(cases: Case[]): Promise<Result[]> {
  const naive = await startNaive();
  const url = `http://127.0.0.1:${(naive.address() as AddressInfo).port}`;
  const server = await startServer({}, { root: GATEWAY, policy: inFrontOf(url) });
  try {
    const folder = join(import.meta.dirname, "profiles");
    const profile = JSON.parse(await readFile(join(folder, "gateway.json"), "utf8"));
    return await runSuite({ url: server.address, profile, folder, seed: 1 }, cases);
  } finally {
    await server.stop();
    naive.closeAllConnections();
    naive.close();
  }
}
