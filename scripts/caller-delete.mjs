// npm run caller:delete -- <client> --url <URL> [--scope] [--config <wrangler.toml>] [--local]
//
// Deletes what the service holds of a client: its answers, in records and copies, and its rows in D1. With --scope, the
// client is a scope of 64 hex digits, as a JWT's subject has. The environment's TOKEN is an operator's.

import { createHash } from "node:crypto";
import { say, stop } from "../packages/worker/build/shell.mjs";
import { databasesIn, execute, read } from "./d1.mjs";

/** With a key in each row, but the last. */
const TABLES = ["resources", "transactions", "audit_log"];

const USAGE =
  "TOKEN=<an operator's> npm run caller:delete -- <client> --url <URL> [--scope] [--config <file>] [--local]";

const { TOKEN } = process.env;
const options = read(
  USAGE,
  { url: { type: "string" }, scope: { type: "boolean", default: false } },
  ({ url, scope }, [client, ...others]) =>
    TOKEN && url && client && others.length === 0 && (!scope || /^[\da-f]{64}$/.test(client)),
);
const [client] = options.positionals;
const caller = options.scope ? client : scopeOf(client);
const databases = databasesIn(options);

const keys = new Set(databases.flatMap((binding) => keysIn(binding)));
let forgotten = 0;
// First of all: without its rows, its keys would not be found again.
for (const key of keys) if (await forget(key)) forgotten += 1;
say(`${keys.size} keys: ${forgotten} forgotten, ${keys.size - forgotten} had expired.`);
for (const binding of databases) say(`${binding}: ${remove(binding)} rows deleted.`);

/** As the service makes it of a client id: SHA-256 over texts, each after its length in 8 bytes. */
function scopeOf(client) {
  const hash = createHash("sha256");
  for (const part of ["client", client]) {
    const length = Buffer.alloc(8);
    length.writeBigUInt64BE(BigInt(Buffer.byteLength(part)));
    hash.update(length).update(part);
  }
  return hash.digest("hex");
}

function keysIn(binding) {
  const keys = ["resources", "transactions"].map(
    (table) => `SELECT idempotency_key AS key FROM ${table} WHERE caller = '${caller}'`,
  );
  return execute(binding, keys.join(" UNION "), options).map(({ key }) => key);
}

/** Whether the key was there to be forgotten. */
async function forget(key) {
  const path = `/api/v1/operations/idempotency/${encodeURIComponent(key)}/resolution`;
  const url = new URL(
    `${path}?${options.scope ? "scope" : "client"}=${encodeURIComponent(client)}`,
    options.url,
  );
  const response = await fetch(url, {
    method: "POST",
    headers: { Authorization: `Bearer ${TOKEN}`, "Content-Type": "application/json" },
    body: '{"as": "forgotten"}',
  });
  const answer = await response.text();
  // Of this service; any other address is likely to have a 404 of its own.
  const isExpired = response.status === 404 && answer.includes('"/problems/not-found"');
  if (response.ok || isExpired) return response.ok;
  return stop(
    `The key ${key} could not be forgotten: ${response.status} ${answer}\n` +
      "No row was deleted. Remove the cause, and run the command again.",
  );
}

function remove(binding) {
  const rows = TABLES.map((table) => `FROM ${table} WHERE caller = '${caller}'`);
  const count = `SELECT ${rows.map((from) => `(SELECT count(*) ${from})`).join(" + ")} AS count`;
  const statements = [count, ...rows.map((from) => `DELETE ${from}`)];
  const [{ count: deleted }] = execute(binding, statements.join("; "), options);
  return deleted;
}
