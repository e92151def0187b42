// PostgreSQL, as Miniflare's Hyperdrive reaches it: a database of its own for each Worker.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import connect from "postgres";
import { asItWas } from "../../../packages/worker/stores/postgres-text.js";
import { rowsOf } from "../../../stores/postgres/callers-rows.ts";
import { migrate } from "../../../stores/postgres/migrate.ts";
import { type PostgresServer, startPostgres } from "../../../stores/postgres/server.ts";
import type { Kind, OwnStore, TableName } from "./store.ts";

const ROOT = join(import.meta.dirname, "../../../stores/postgres");

export const postgres: Kind = {
  root: ROOT,
  wrong: [["HYPERDRIVE", "no binding of Hyperdrive"]],
  serve,
  open,
  openOwn,
};

async function serve() {
  const { server, remove } = await started();
  return { address: server.url("postgres"), stop: remove };
}

async function started(): Promise<{ server: PostgresServer; remove(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), "edge-idempotency-postgres-"));
  const server = await startPostgres(folder);
  const remove = async () => {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  };
  return { server, remove };
}

async function open(address: string) {
  const name = `test_${crypto.randomUUID().replaceAll("-", "")}`;
  const admin = connect(address, { max: 1 });
  await admin.unsafe(`CREATE DATABASE ${name}`);
  await admin.end();
  const url = Object.assign(new URL(address), { pathname: `/${name}` }).href;
  await migrate(url, join(ROOT, "migrations"));
  const database = connect(url, { max: 2, onnotice: () => {} });
  const rename = (from: string, to: string) => database.unsafe(`ALTER TABLE ${from} RENAME TO ${to}`);
  return {
    name: "postgres",
    env: {
      HYPERDRIVE: { type: "hyperdrive" as const, id: "HYPERDRIVE", dev: { connectionString: url } },
    },
    compatibilityFlags: ["nodejs_compat"],
    rows: async (table: TableName, column?: string, value?: string) => {
      const where = column === undefined ? database`` : database`WHERE ${database(column)} = ${value!}`;
      return (await database`SELECT * FROM ${database(table)} ${where}`).map(asItWas);
    },
    remove: async (table: TableName, column: string, value: string) => {
      await database`DELETE FROM ${database(table)} WHERE ${database(column)} = ${value}`;
    },
    without: async <T>(table: TableName, meanwhile: () => Promise<T>) => {
      await rename(table, `${table}_away`);
      try {
        return await meanwhile();
      } finally {
        await rename(`${table}_away`, table);
      }
    },
    stop: () => database.end({ timeout: 1 }),
  };
}

async function openOwn(): Promise<OwnStore> {
  const { server, remove } = await started();
  const store = await open(server.url("postgres"));
  const { connectionString } = store.env["HYPERDRIVE"].dev;
  return {
    ...store,
    rowsOf: (caller) => rowsOf(connectionString, caller),
    crash: server.kill,
    recover: server.start,
    hold: async <T>(table: TableName, meanwhile: () => Promise<T>) => {
      const database = connect(connectionString, { max: 1 });
      try {
        return (await database.begin(async (transaction) => {
          await transaction.unsafe(`LOCK TABLE ${table} IN EXCLUSIVE MODE`);
          return await meanwhile();
        })) as T;
      } finally {
        await database.end();
      }
    },
    stop: async () => {
      await store.stop();
      await remove();
    },
  };
}
