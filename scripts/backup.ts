// npm run backup -- [--to <folder>] [--config <wrangler.toml>] [--local]
//
// Writes all of each D1 database into a file of SQL. docs/runbook.md says what else there is, and how to restore.

import { createReadStream, createWriteStream, mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { parseArgs } from "node:util";
import { say, stop } from "../packages/worker/build/shell.mjs";
import { d1, databasesIn, execute, OPTIONS, typed } from "./d1.ts";
import { shortStatements } from "./short-statements.ts";

const now = new Date().toISOString().replaceAll(":", "-").replace(/\..*/, "Z");
const { to, ...where } = typed("npm run backup -- [--to <folder>] [--config <file>] [--local]", () => {
  const options = { ...OPTIONS, to: { type: "string", default: `backup-${now}` } } as const;
  return parseArgs({ options }).values;
});
const databases = databasesIn(where);
mkdirSync(to, { recursive: true });
for (const binding of databases) {
  const file = join(to, `${binding}.sql`);
  const [exported, short] = [`${file}.exported`, `${file}.short`];
  d1(["export", binding, "--output", exported], where);
  try {
    const statements = restorable(createReadStream(exported, "utf8"), binding);
    await pipeline(statements, createWriteStream(short));
  } catch (error) {
    // What is there under the name of a backup can be restored.
    for (const name of [exported, short]) rmSync(name, { force: true });
    stop(`There is no backup of ${binding}. ${(error as Error).message}`);
  }
  renameSync(short, file);
  rmSync(exported);
  say(`${binding}: ${file}`);
}
say("Records, secrets and the configuration are not in it: docs/runbook.md, “What to back up”.");

/** A row is never changed, so what is asked for after the export is of the same texts. */
async function* restorable(exported: AsyncIterable<string>, binding: string): AsyncGenerator<string> {
  const queries = new Set<string>();
  yield* shortStatements(exported, queries);
  for (const query of queries) {
    const statements = execute<{ statement: string }>(binding, query, where);
    for (const { statement } of statements) yield `${statement}\n`;
  }
}
