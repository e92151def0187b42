// npm run audit:export -- [--after <cursor>] [--database <binding>] [--config <wrangler.toml>] [--local] > audit.ndjson
//
// Writes the audit log of all callers, one JSON object a line, in the order in which D1 took the entries in. Each line has
// its `cursor`: with the last one, the next export begins where this one ended.

import { parseArgs } from "node:util";
import { stop } from "../packages/worker/build/shell.mjs";
import { databasesIn, execute, OPTIONS, typed } from "./d1.ts";

/** How many entries are asked for at a time, at most. */
const PAGE_ENTRIES = 500;

/**
 * The bytes of `details` in a page, at most. D1's results end at 50 MB, and JSON of JSON has a backslash more for each
 * quotation mark: up to twice the bytes. It is far more than one entry has, or the export would end there.
 */
const PAGE_BYTES = 20_000_000;

const USAGE =
  "npm run --silent audit:export -- [--after <cursor>] [--database <binding>] [--config <file>] [--local] > audit.ndjson";

const GONE =
  "The entry of this cursor is no longer there: it was deleted, or the database was restored, and its number may belong " +
  "to another. Begin with the cursor of an earlier line, or without --after.";

interface Entry {
  number: number;
  operation_id: string;
  details: string;
}

const { after, database, ...where } = typed(USAGE, () => {
  const { values } = parseArgs({
    options: {
      ...OPTIONS,
      after: { type: "string" },
      database: { type: "string", default: "DB" },
    },
  });
  const { after, ...others } = values;
  return { ...others, after: after === undefined ? undefined : parsed(after) };
});
const databases = databasesIn(where);
if (!databases.includes(database))
  stop(`${where.config} has no D1 database ${database}. It has ${databases.join(", ")}.`);

if (after !== undefined && !canGoOnAfter(after)) stop(GONE);
let last = after?.number ?? 0;
let page: Entry[];
do {
  page = entriesAfter(last);
  for (const { number, ...entry } of page) {
    const cursor = `${number}-${entry.operation_id}`;
    process.stdout.write(`${JSON.stringify({ cursor, ...entry, details: JSON.parse(entry.details) })}\n`);
    last = number;
  }
} while (page.length > 0);

function parsed(cursor: string): { number: number; operation: string } {
  const [, number, operation] = /^(\d{1,15})-(.+)$/.exec(cursor) ?? [];
  if (number === undefined || operation === undefined)
    throw new Error("A cursor is a number and the id of an operation: 17-0198a2b4-…");
  return { number: Number(number), operation };
}

/**
 * Whether all that comes after the entry has greater numbers. SQLite gives a new row the number after the greatest: one
 * that was the greatest is given anew after it was deleted, and a database that is restored has its rows numbered anew.
 */
function canGoOnAfter({ number, operation }: { number: number; operation: string }): boolean {
  const sql = `SELECT (SELECT operation_id FROM audit_log WHERE rowid = ${number}) AS operation_id,
    (SELECT max(rowid) FROM audit_log) AS newest`;
  const [found] = execute<{ operation_id: string | null; newest: number | null }>(database, sql, where);
  if (found?.operation_id) return found.operation_id === operation;
  return (found?.newest ?? 0) > number;
}

/** D1 writes one row at a time, so a row's number is greater than those of all rows that were there before. */
function entriesAfter(number: number): Entry[] {
  const sizes = `SELECT rowid AS number, octet_length(details) AS size
    FROM audit_log WHERE rowid > ${number} ORDER BY rowid LIMIT ${PAGE_ENTRIES}`;
  const sums = `SELECT number, sum(size) OVER (ORDER BY number) AS bytes FROM (${sizes})`;
  const sql = `SELECT rowid AS number, operation_id, caller, id, timestamp, correlation_id, user_id, action, details,
    ip_address, user_agent, received_at, remote_address, request_correlation_id
    FROM audit_log WHERE rowid IN (SELECT number FROM (${sums}) WHERE bytes <= ${PAGE_BYTES}) ORDER BY rowid`;
  return execute(database, sql, where);
}
