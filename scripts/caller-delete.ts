// npm run caller:delete -- <client> --url <URL> [--scope] [--keys <file>] [--expired] [--store <name> --where <where>]
//
// Deletes a client's answers, in records and copies, and its rows. Keys are those of its rows, and those in a file, one a line.
// Rows are in D1, by way of wrangler (--config <wrangler.toml>, --local), or in another store, whose place is as
// `npm run migrate` takes it. With --scope, the client is a scope of 64 hex digits, as a JWT's subject has. The environment's
// TOKEN is an operator's.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { say, stop } from "../packages/worker/build/shell.mjs";
import { type CallersRows, KEYED, TABLES } from "../stores/callers-rows.ts";
import { databasesIn, execute, OPTIONS, typed } from "./d1.ts";
import { fileOf } from "./store-names.ts";

const USAGE = `TOKEN=<an operator's> npm run caller:delete -- <client> --url <URL> [--scope] [--keys <file>] [--expired]
       where its rows are: [--config <file>] [--local], or --store <name> --where <as for npm run migrate>, or --store none`;

const { TOKEN } = process.env;
const options = typed(USAGE, () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      ...OPTIONS,
      url: { type: "string", default: "" },
      scope: { type: "boolean", default: false },
      keys: { type: "string" },
      expired: { type: "boolean", default: false },
      store: { type: "string", default: "d1" },
      where: { type: "string", default: "" },
    },
  });
  const [client = "", ...others] = positionals;
  if (client === "" || others.length > 0) throw new Error("Name one client.");
  if (values.scope && !/^[\da-f]{64}$/.test(client)) throw new Error("A scope has 64 hex digits.");
  if (!/^https?:/.test(values.url) || !URL.canParse(values.url))
    throw new Error("--url must be the address of the deployment.");
  if (!TOKEN) throw new Error("The environment must have an operator's token as TOKEN.");
  if (["d1", "none"].includes(values.store) !== (values.where === ""))
    throw new Error("--where goes with a store other than d1 and none.");
  const named = values.keys === undefined ? "" : readFileSync(values.keys, "utf8");
  return { ...values, client, named: named.split(/\s+/).filter(Boolean) };
});
const { client } = options;
const caller = options.scope ? client : scopeOf(client);
const rows = await rowsOf();

const keys = new Set([...(await rows.keys()), ...options.named]);
// First of all: without its rows, its keys would not be found again.
let forgotten = 0;
for (const key of keys) if (await forget(key)) forgotten += 1;
if (keys.size > 0 && forgotten === 0 && !options.expired)
  stop(
    `None of the ${keys.size} keys is known at ${options.url}. Is that the deployment that writes to this store?\n` +
      "No row was deleted. If all keys have expired, run the command again with --expired.",
  );
const removed = await rows.remove();
await rows.close();
if (keys.size + removed === 0) stop(`There is nothing of ${client} here. Is the name right?`);
say(`${keys.size} keys: ${forgotten} forgotten, ${keys.size - forgotten} had expired.`);
say(`${removed} rows deleted.`);

/** As the service makes it of a client id: SHA-256 over texts, each after its length in 8 bytes. */
function scopeOf(client: string): string {
  const hash = createHash("sha256");
  for (const part of ["client", client]) {
    const length = Buffer.alloc(8);
    length.writeBigUInt64BE(BigInt(Buffer.byteLength(part)));
    hash.update(length).update(part);
  }
  return hash.digest("hex");
}

/** Whether the key was there to be forgotten. */
async function forget(key: string): Promise<boolean> {
  const path = `/api/v1/operations/idempotency/${encodeURIComponent(key)}/resolution`;
  const who = `${options.scope ? "scope" : "client"}=${encodeURIComponent(client)}`;
  const { ok, status, answer } = await fetch(new URL(`${path}?${who}`, options.url), {
    method: "POST",
    headers: { Authorization: `Bearer ${TOKEN}`, "Content-Type": "application/json" },
    body: '{"as": "forgotten"}',
  }).then(
    async (response) => ({ ok: response.ok, status: response.status, answer: await response.text() }),
    (error) => ({ ok: false, status: 0, answer: String(error.cause ?? error) }),
  );
  // Of this service; any other address is likely to have a 404 of its own.
  const isExpired = status === 404 && answer.includes('"/problems/not-found"');
  if (ok || isExpired) return ok;
  return stop(
    `The key ${key} could not be forgotten: ${status || "no answer."} ${answer}\n` +
      "No row was deleted. Remove the cause, and run the command again.",
  );
}

async function rowsOf(): Promise<CallersRows> {
  if (options.store === "d1") return inD1();
  if (options.store === "none") return { keys: async () => [], remove: async () => 0, close: async () => {} };
  const file = fileOf(options.store, "callers-rows.ts", "--store must be d1, none, or one of these");
  return (await import(file)).rowsOf(options.where, caller);
}

/** In all D1 databases of the configuration. */
function inD1(): CallersRows {
  const databases = databasesIn(options);
  const from = (table: string) => `FROM ${table} WHERE caller = '${caller}'`;
  return {
    keys: async () => {
      const keys = KEYED.map((table) => `SELECT idempotency_key AS key ${from(table)}`).join(" UNION ");
      return databases.flatMap((binding) =>
        execute<{ key: string }>(binding, keys, options).map(({ key }) => key),
      );
    },
    remove: async () => {
      const count = `SELECT ${TABLES.map((table) => `(SELECT count(*) ${from(table)})`).join(" + ")} AS count`;
      const statements = [count, ...TABLES.map((table) => `DELETE ${from(table)}`)].join("; ");
      const counts = databases.flatMap((binding) => execute<{ count: number }>(binding, statements, options));
      return counts.reduce((sum, { count }) => sum + count, 0);
    },
    close: async () => {},
  };
}
