// npm run chaos -- [--gateway] [--minutes <n>] [--seed <n>] [--keys <n>] [--history <file>]
// npm run chaos -- --kills <n>
//
// With --gateway, it is the gateway in front of an API that breaks, in the place of our own operations. With --kills, it is
// so many kills between effect and completion, and a count. STORE=postgres has operations write there, STORE=databases to four D1 databases.

import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { Client } from "../harness/client.ts";
import { chaos, startOwn } from "./chaos.ts";
import { gatewayChaos } from "./gateway/chaos.ts";
import { kills } from "./kills.ts";

/** Keys that are begun with in each second: enough for two cores to be busy. */
const KEYS_PER_SECOND = 7;

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "1" },
    seed: { type: "string", default: `${Math.floor(Math.random() * 2 ** 31)}` },
    keys: { type: "string" },
    history: { type: "string" },
    gateway: { type: "boolean", default: false },
    kills: { type: "string" },
  },
});
if (values.kills !== undefined) await killAndCount(positive("kills", values.kills));
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

/** Ends the process. */
async function killAndCount(count: number): Promise<never> {
  const api = new Client();
  api.server = await startOwn({ FAULT_INJECTION: "on" });
  const killed = await kills(api, count, (so) =>
    process.stderr.write(`${so.kills} kills, ${so.keys} keys\n`),
  );
  await api.server.stop();
  console.table(killed);
  process.exit(killed.doubles + killed.lost + killed.wrong > 0 ? 1 : 0);
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new Error(`--${name} must be a number above 0, not ${text}`);
  return value;
}
