// Runs everything that a change has to pass, in two lanes side by side: one compiles and checks, the other runs the
// Worker. What a part prints is shown in one piece when it ends. What compiles the crates lints them too.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const results = mkdtempSync(join(tmpdir(), "edge-idempotency-ci-"));
/** What tests of the Worker report. */
const reports = [];
/** Options that have vitest write a report, by the name of the run. */
const reporting = (name) => {
  const report = join(results, `${name}.json`);
  reports.push(report);
  return `--reporter=default --reporter=json --outputFile.json='${report}'`;
};
const STORES = ["databases", "dynamodb", "mongodb", "postgres"];
/** Of each; `npm run test:stores` has more. */
const OF_STORES = "worker/{stores,resources,transactions,audit,crash} conformance/conformance";

const started = performance.now();
const parts = [];

const isSetUp = part("npm run setup");
// Only one at a time may install Debian packages, as the clients do too.
const isEquipped = isSetUp.then(() =>
  part(
    "node scripts/browser.mjs && node scripts/promtool.mjs && node_modules/.bin/node scripts/upstreams.mjs && node scripts/runtimes.mjs && node scripts/kotlin.mjs && node_modules/.bin/node scripts/stores.ts",
  ),
);
const isBundled = isSetUp.then(() => part("npm run bundle"));
await Promise.all([compiling(), running()]);
// By themselves: each has a server of a store beside the runtimes, and cases with time-outs.
for (const store of STORES)
  await part(
    `STORE=${store} npm run test:stores -- ${OF_STORES} worker/${store} ${reporting(store)}`,
    `npm run test:stores, ${store}`,
  );
// By itself: where the machine stands still for a second, copies are asked for, which is billed.
await part("npm run bill");
summarize();
rmSync(results, { recursive: true });

async function compiling() {
  await part("npm run test:rust");
  await Promise.all([isEquipped, isBundled]);
  await part("npm run check:unlinted");
  await part("npm run fuzz:api -- --max-examples 20");
  // One client in each of two languages; those in Go and Java take minutes to compile.
  await part("npm run clients -- openapi-generator-python openapi-fetch");
  await part(
    'npm run bench -- --quick --only "^(first request: resource|replay from memory|gateway: pass-through)$"',
  );
}

async function running() {
  await Promise.all([isEquipped, isBundled]);
  await part(`npm run test:worker -- ${reporting("worker")}`, "npm run test:worker");
}

/** Runs a command; a part that fails keeps none of the others from running. */
async function part(command, name = command) {
  const from = performance.now();
  console.log(`• ${name}`);
  const child = spawn("bash", ["-c", `exec 2>&1; ${command}`], {
    cwd: ROOT,
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, RUSTC_WORKSPACE_WRAPPER: join(ROOT, ".ci/clippy") },
  });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text) => (output += text));
  const [status] = await once(child, "close");
  const ended = { name, output, seconds: (performance.now() - from) / 1000, isBroken: status !== 0 };
  parts.push(ended);
  console.log(`\n===== ${name}: ${ended.seconds.toFixed(0)} s\n${output}`);
}

function summarize() {
  const total = { passed: 0, failed: 0 };
  const failures = [];
  // Stable cargo has no machine-readable form; its summaries ("test result: ok. 3 passed; 0 failed; …") stand on lines of
  // their own, one for each test program.
  const rust = parts.find(({ name }) => name === "npm run test:rust").output;
  for (const [, passed, failed] of rust.matchAll(/^test result: .* (\d+) passed; (\d+) failed/gm))
    add(total, Number(passed), Number(failed));
  for (const report of reports.filter((report) => existsSync(report))) {
    const { numPassedTests, numFailedTests, testResults } = JSON.parse(readFileSync(report, "utf8"));
    add(total, numPassedTests, numFailedTests);
    failures.push(...testResults.flatMap(failuresOf));
  }
  const broken = parts.filter(({ isBroken }) => isBroken);
  for (const { name, seconds } of parts) console.log(`${seconds.toFixed(0).padStart(5)} s  ${name}`);
  console.log(`${((performance.now() - started) / 1000).toFixed(0).padStart(5)} s  in all`);
  for (const { name } of broken) console.log(`\n${name} failed`);
  for (const failure of failures) console.log(`\n${failure}`);
  console.log(`\n${total.passed} passed, ${total.failed} failed`);
  process.exitCode = broken.length > 0 || total.passed === 0 ? 1 : 0;
}

/** What failed in a file of tests, and the first line of why: the output above is long, and may be cut. */
function failuresOf({ name, message, assertionResults }) {
  const file = relative(ROOT, name);
  const tests = assertionResults.filter(({ status }) => status === "failed");
  if (tests.length === 0 && message) return [`${file}: ${firstLine(message)}`];
  return tests.map(
    ({ fullName, failureMessages: [why = ""] }) => `${file}: ${fullName}\n  ${firstLine(why)}`,
  );
}

function firstLine(text) {
  return text.split("\n", 1)[0];
}

function add(total, passed, failed) {
  total.passed += passed;
  total.failed += failed;
}
