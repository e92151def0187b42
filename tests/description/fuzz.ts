// npm run fuzz:api [-- <options of Schemathesis>]
//
// Reads the description of the API and sends the local server whatever it allows, and what it does not: at least a
// thousand requests, the same ones each time. No answer may be a server error, have a status, a header field or content
// that is not described, accept what is not allowed or refuse what is, let in who is nobody, or show one caller what
// another made.

import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startServer } from "../harness/server.ts";
import { environment } from "./environment.ts";
import auth from "./auth.json" with { type: "json" };

const HERE = import.meta.dirname;
const DESCRIPTION = join(HERE, "../../assets/openapi.json");

/** Fewer would mean that something kept most of the API from being tested. */
const FEWEST_CASES = 1000;

const programs = environment(join(HERE, "../../.tools/schemathesis"), join(HERE, "requirements.txt"));
const schemathesis = join(programs, "schemathesis");
const reports = await mkdtemp(join(tmpdir(), "edge-idempotency-fuzz-"));
const server = await startServer({ AUTH: "on", API_TOKENS: JSON.stringify(tokens()) });
try {
  const status = await run(join(reports, "run.json"));
  const { test_cases, operations } = JSON.parse(await readFile(join(reports, "run.json"), "utf8"));
  console.log(
    `${operations.tested} operations, ${test_cases.generated} cases, ${test_cases.unique_failures} failures`,
  );
  const tested = operations.tested === operations.total && test_cases.generated >= FEWEST_CASES;
  if (!tested) console.log(`Every operation and at least ${FEWEST_CASES} cases are to be tested.`);
  process.exitCode = status === 0 && tested ? 0 : 1;
} finally {
  await server.stop();
  await rm(reports, { recursive: true, force: true });
}

async function run(report: string): Promise<number> {
  const args = [
    ["--config-file", join(HERE, "schemathesis.toml")],
    ["run", DESCRIPTION, "--url", server.address.href],
    ["--checks", "all", "--phases", "examples,coverage,fuzzing,stateful"],
    ["--report", "json", "--report-json-path", report],
    process.argv.slice(2),
  ];
  const child = spawn(schemathesis, args.flat(), { cwd: HERE, stdio: "inherit" });
  const [status] = await once(child, "exit");
  return status;
}

/** What the service is to know of the tokens in auth.json. The caller that sends most sees what operators see. */
function tokens() {
  return auth.auth.map(({ name, fixedHeaders }) => {
    const token = fixedHeaders[0]!.value.replace("Bearer ", "");
    const role = name === "shop" ? "operator" : "client";
    return { client: name, role, sha256: createHash("sha256").update(token).digest("hex") };
  });
}
