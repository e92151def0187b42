// npm run audit:export -- [--after <cursor>] [--local] > audit.ndjson
//
// Writes the audit log of all callers, one JSON object a line, in the order in which D1 took the entries in. Each line has
// its `cursor`: with the last one, the next export begins where this one ended. An operator's tool, it asks D1 by way of
// wrangler, with the operator's own rights.

import { parseArgs } from "node:util";
import { must, stop } from "../packages/worker/build/shell.mjs";

/** How many entries are asked for at a time. */
const PAGE = 500;

const USAGE = "npm run --silent audit:export -- [--after <cursor>] [--local] > audit.ndjson";

const { after, where } = read();
let cursor = after;
let page;
do {
  page = entriesAfter(cursor);
  for (const entry of page) {
    process.stdout.write(`${JSON.stringify({ ...entry, details: JSON.parse(entry.details) })}\n`);
    cursor = entry.cursor;
  }
} while (page.length === PAGE);

function read() {
  try {
    const { values } = parseArgs({
      options: { after: { type: "string", default: "0" }, local: { type: "boolean", default: false } },
    });
    if (!/^\d{1,15}$/.test(values.after)) throw new Error("A cursor is a whole number.");
    return { after: values.after, where: values.local ? "--local" : "--remote" };
  } catch (error) {
    return stop(`${error.message}\nUsage: ${USAGE}`);
  }
}

/** D1 writes one row at a time, so a row's number is greater than those of all rows that were there before. */
function entriesAfter(cursor) {
  const sql = `SELECT rowid AS cursor, operation_id, caller, id, timestamp, correlation_id, user_id, action, details,
    ip_address, user_agent, received_at, remote_address, request_correlation_id
    FROM audit_log WHERE rowid > ${cursor} ORDER BY rowid LIMIT ${PAGE}`;
  const args = ["d1", "execute", "DB", where, "--json", "--command", sql];
  const output = must("wrangler", args, "Are you signed in, and does wrangler.toml name the database?");
  return JSON.parse(output)[0].results;
}
