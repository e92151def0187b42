// npm run chaos -- [--gateway] [--minutes <n>] [--seed <n>] [--keys <n>] [--history <file>]
//
// With --gateway, it is the gateway in front of an API that breaks, in the place of our own operations.

import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { chaos } from "./chaos.ts";
import { gatewayChaos } from "./gateway/chaos.ts";

/** Keys that are begun with in each second: enough for two cores to be busy. */
const KEYS_PER_SECOND = 7;

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "1" },
    seed: { type: "string", default: `${Math.floor(Math.random() * 2 ** 31)}` },
    keys: { type: "string" },
    history: { type: "string" },
    gateway: { type: "boolean", default: false },
  },
});
const durationMs = positive("minutes", values.minutes) * 60_000;
const keys =
  values.keys === undefined ? (durationMs / 1000) * KEYS_PER_SECOND : positive("keys", values.keys);

const { report, evidence } = await (values.gateway ? gatewayChaos : chaos)(
  { seed: Number(values.seed), durationMs, keys: Math.ceil(keys) },
  (progress) => process.stderr.write(process.stderr.isTTY ? `\r\x1b[K${progress}` : `${progress}\n`),
);
if (process.stderr.isTTY) process.stderr.write("\r\x1b[K");
console.log(report.text);
if (values.history !== undefined) await writeFile(values.history, JSON.stringify(evidence));
process.exitCode = report.violations.length > 0 ? 1 : 0;

function positive(name: string, text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new Error(`--${name} must be a number above 0, not ${text}`);
  return value;
}
