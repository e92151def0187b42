// npm run audit:export -- [--after <cursor>] [--database <binding>] [--config <wrangler.toml>] [--local] > audit.ndjson
//
// Writes the audit log of all callers, one JSON object a line, in the order in which D1 took the entries in. Each line has
// its `cursor`: with the last one, the next export begins where this one ended.

import { parseArgs } from "node:util";
import { execute, OPTIONS, typed } from "./d1.ts";

/** How many entries are asked for at a time. */
const PAGE = 500;

const USAGE =
  "npm run --silent audit:export -- [--after <cursor>] [--database <binding>] [--config <file>] [--local] > audit.ndjson";

interface Entry {
  cursor: number;
  details: string;
}

const { after, database, ...where } = typed(USAGE, () => {
  const { values } = parseArgs({
    options: {
      ...OPTIONS,
      after: { type: "string", default: "0" },
      database: { type: "string", default: "DB" },
    },
  });
  if (!/^\d{1,15}$/.test(values.after)) throw new Error("A cursor is a whole number.");
  return values;
});

let cursor = Number(after);
let page: Entry[];
do {
  page = entriesAfter(cursor);
  for (const entry of page) {
    process.stdout.write(`${JSON.stringify({ ...entry, details: JSON.parse(entry.details) })}\n`);
    cursor = entry.cursor;
  }
} while (page.length === PAGE);

/** D1 writes one row at a time, so a row's number is greater than those of all rows that were there before. */
function entriesAfter(cursor: number): Entry[] {
  const sql = `SELECT rowid AS cursor, operation_id, caller, id, timestamp, correlation_id, user_id, action, details,
    ip_address, user_agent, received_at, remote_address, request_correlation_id
    FROM audit_log WHERE rowid > ${cursor} ORDER BY rowid LIMIT ${PAGE}`;
  return execute(database, sql, where);
}
