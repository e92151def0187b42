// npm run backup -- [--to <folder>] [--config <wrangler.toml>] [--local]
//
// Writes all of each D1 database into a file of SQL. docs/runbook.md says what else there is, and how to restore.

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { say } from "../packages/worker/build/shell.mjs";
import { d1, databasesIn, read } from "./d1.mjs";

const now = new Date().toISOString().replaceAll(":", "-").replace(/\..*/, "Z");
const options = read(
  "npm run backup -- [--to <folder>] [--config <file>] [--local]",
  { to: { type: "string", default: `backup-${now}` } },
  (_, others) => others.length === 0,
);
mkdirSync(options.to, { recursive: true });
for (const binding of databasesIn(options)) {
  const file = join(options.to, `${binding}.sql`);
  d1(["export", binding, "--output", file], options);
  say(`${binding}: ${file}`);
}
say("Records, secrets and the configuration are not in it: docs/runbook.md, “What to back up”.");
