// npm run fuzz:gateway [-- <options of Schemathesis>]
//
// Tests an API that knows nothing of idempotency by its description, twice with the same requests: alone, and with the
// gateway in front of it. Every request that makes something has a key. Nothing may be found behind the gateway that is not
// found without it. What the API itself does wrong is found both times.

import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { startNaive } from "../conformance/naive/server.ts";
import { inFrontOf } from "../harness/gateway.ts";
import { GATEWAY, startServer } from "../harness/server.ts";
import { schemathesis } from "./schemathesis.ts";

const DESCRIPTION = join(import.meta.dirname, "../conformance/naive/openapi.json");

/** Fewer would mean that something kept most of the API from being tested. */
const FEWEST_CASES = 300;

const naive = await startNaive();
const url = `http://127.0.0.1:${(naive.address() as AddressInfo).port}`;
const server = await startServer({}, { root: GATEWAY, policy: inFrontOf(url) });
try {
  const alone = await findings(url);
  const behind = await findings(server.address.href);
  const more = [...behind.found].filter((finding) => !alone.found.has(finding));
  console.log(
    `${alone.cases} cases alone, ${alone.found.size} findings; ${behind.cases} behind the gateway, ${behind.found.size}`,
  );
  console.log(
    more.length === 0
      ? "Nothing is found behind the gateway alone."
      : `ONLY BEHIND THE GATEWAY\n${more.join("\n")}`,
  );
  const tested = Math.min(alone.cases, behind.cases) >= FEWEST_CASES;
  if (!tested) console.log(`At least ${FEWEST_CASES} cases are to be tested.`);
  process.exitCode = more.length === 0 && tested ? 0 : 1;
} finally {
  await server.stop();
  naive.closeAllConnections();
  naive.close();
}

/** What was wrong with which operation. */
async function findings(url: string): Promise<{ cases: number; found: Set<string> }> {
  const { report } = await schemathesis({ description: DESCRIPTION, url, settings: "gateway.toml" });
  const failures = report.failures as { title: string; operations: string[] }[];
  const found = failures.flatMap(({ title, operations }) => operations.map((name) => `${name}: ${title}`));
  const errors = (report.errors as unknown[]).map((error) => JSON.stringify(error));
  return { cases: report.test_cases.generated, found: new Set([...found, ...errors]) };
}
