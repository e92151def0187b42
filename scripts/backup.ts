// npm run backup -- [--to <folder>] [--config <wrangler.toml>] [--local]
//
// Writes all of each D1 database into a file of SQL. docs/runbook.md says what else there is, and how to restore.

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { say } from "../packages/worker/build/shell.mjs";
import { d1, databasesIn, OPTIONS, typed } from "./d1.ts";

const now = new Date().toISOString().replaceAll(":", "-").replace(/\..*/, "Z");
const { to, ...where } = typed("npm run backup -- [--to <folder>] [--config <file>] [--local]", () => {
  const options = { ...OPTIONS, to: { type: "string", default: `backup-${now}` } } as const;
  return parseArgs({ options }).values;
});
mkdirSync(to, { recursive: true });
for (const binding of databasesIn(where)) {
  const file = join(to, `${binding}.sql`);
  d1(["export", binding, "--output", file], where);
  say(`${binding}: ${file}`);
}
say("Records, secrets and the configuration are not in it: docs/runbook.md, “What to back up”.");
