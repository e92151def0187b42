// npm run conformance -- <base url> [--profile <file>] [--json <file>] [--junit <file>] [--seed <n>] [--only <ids>]
//
// Ends with 1 if any case fails, with 2 if the suite could not start.

import { readFile, writeFile } from "node:fs/promises";
import { dirname, extname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { Bench, type Target } from "./bench.ts";
import { eventually } from "./case.ts";
import { CASES } from "./cases/index.ts";
import type { Profile } from "./profile.ts";
import { summaryLine, tableHead, tableRow, toJson, toJunit } from "./report.ts";
import { runSuite } from "./suite.ts";

const USAGE =
  "npm run conformance -- <base url> [--profile <file>] [--json <file>] [--junit <file>] [--seed <n>] [--only <id,id>]";

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    profile: { type: "string", default: join(import.meta.dirname, "profiles/edge-idempotency.json") },
    json: { type: "string" },
    junit: { type: "string" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    only: { type: "string" },
  },
});

await main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
});

async function main() {
  const [base] = positionals;
  if (base === undefined || !URL.canParse(base)) throw new Error(`usage: ${USAGE}`);
  const target = await targetOf(new URL(base), resolve(values.profile));
  const ids = values.only?.split(",");
  const cases = CASES.filter(({ id }) => !ids || ids.includes(id));
  if (cases.length === 0) throw new Error(`there is no case ${values.only}`);

  console.log(tableHead());
  const results = await runSuite(target, cases, (result) => console.log(tableRow(result)));
  if (values.json) await writeFile(values.json, toJson(target, results));
  if (values.junit) await writeFile(values.junit, toJunit(target, results));
  const failed = results.filter(({ result }) => result === "failed");
  for (const { case: aCase, reason } of failed) console.log(`\nfailed: ${aCase.id}\n  ${reason}`);
  console.log(`\n${target.profile.name}, seed ${target.seed}: ${summaryLine(results)}`);
  // Requests of cases that failed may still be under way: nobody waits for them.
  process.exit(failed.length > 0 ? 1 : 0);
}

async function targetOf(url: URL, file: string): Promise<Target> {
  const profile = await readProfile(file);
  const target = { url, profile, folder: dirname(file), seed: Number(values.seed) };
  const serves = async () => (await new Bench(target).request(profile.ready)).status < 300;
  await eventually(serves, `${new URL(profile.ready, url)} does not answer`, 10_000);
  return target;
}

async function readProfile(file: string): Promise<Profile> {
  if (extname(file) === ".json") return JSON.parse(await readFile(file, "utf8"));
  return (await import(pathToFileURL(file).href)).default;
}
