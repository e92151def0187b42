// npm run audit:export -- [--after <cursor>] [--database <binding>] [--config <wrangler.toml>] [--local] > audit.ndjson
//
// Writes the audit log of all callers, one JSON object a line, in the order in which D1 took the entries in. Each line has
// its `cursor`: with the last one, the next export begins where this one ended.

import { execute, read } from "./d1.mjs";

/** How many entries are asked for at a time. */
const PAGE = 500;

const options = read(
  "npm run --silent audit:export -- [--after <cursor: a whole number>] [--database <binding>] [--config <file>] [--local]",
  { after: { type: "string", default: "0" }, database: { type: "string", default: "DB" } },
  ({ after }, others) => /^\d{1,15}$/.test(after) && others.length === 0,
);
let cursor = options.after;
let page;
do {
  page = entriesAfter(cursor);
  for (const entry of page) {
    process.stdout.write(`${JSON.stringify({ ...entry, details: JSON.parse(entry.details) })}\n`);
    cursor = entry.cursor;
  }
} while (page.length === PAGE);

/** D1 writes one row at a time, so a row's number is greater than those of all rows that were there before. */
function entriesAfter(cursor) {
  const sql = `SELECT rowid AS cursor, operation_id, caller, id, timestamp, correlation_id, user_id, action, details,
    ip_address, user_agent, received_at, remote_address, request_correlation_id
    FROM audit_log WHERE rowid > ${cursor} ORDER BY rowid LIMIT ${PAGE}`;
  return execute(options.database, sql, options);
}
