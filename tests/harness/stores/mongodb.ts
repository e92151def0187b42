// A server that is compatible with MongoDB, behind the Worker with the driver: a database of its own for each Worker.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MongoClient } from "mongodb";
import { rowsOf } from "../../../stores/mongodb/callers-rows.ts";
import { migrate } from "../../../stores/mongodb/migrate.ts";
import { type MongodbServer, startMongodb } from "../../../stores/mongodb/server.ts";
import { Line } from "./line.ts";
import type { Kind, OwnStore, TableName } from "./store.ts";

const ROOT = join(import.meta.dirname, "../../../stores/mongodb");

export const mongodb: Kind = {
  root: ROOT,
  wrong: [["MONGODB", "no binding of a service"]],
  serve,
  open,
  openOwn,
};

async function serve() {
  const { server, remove } = await started();
  return { address: server.url("admin"), stop: remove };
}

async function started(): Promise<{ server: MongodbServer; remove(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), "edge-idempotency-mongodb-"));
  const server = await startMongodb(folder);
  const remove = async () => {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  };
  return { server, remove };
}

async function open(address: string) {
  const url = new URL(address);
  url.pathname = `/test_${crypto.randomUUID().replaceAll("-", "")}`;
  await migrate(url.href, join(ROOT, "migrations"));
  const client = await new MongoClient(url.href).connect();
  const line = new Line(Number(url.port));
  url.port = String(await line.start());
  const tables = (name: TableName) => client.db().collection(name);
  const where = (column?: string, value?: string) =>
    column === undefined ? {} : { [column]: { $eq: value } };
  return {
    name: "mongodb",
    env: { MONGODB: { type: "worker" as const, worker: "mongodb" } },
    compatibilityFlags: [],
    workers: {
      mongodb: {
        root: join(ROOT, "driver"),
        compatibilityFlags: ["nodejs_compat"],
        env: { MONGODB_URL: { type: "text" as const, value: url.href } },
      },
    },
    line,
    rows: (table: TableName, column?: string, value?: string) =>
      tables(table).find(where(column, value)).toArray(),
    remove: async (table: TableName, column: string, value: string) => {
      await tables(table).deleteMany(where(column, value));
    },
    // MongoDB makes a collection that it cannot find.
    without: <T>(table: TableName, meanwhile: () => Promise<T>) => line.cut(table, meanwhile),
    stop: async () => {
      await client.close();
      await line.stop();
    },
  };
}

async function openOwn(): Promise<OwnStore> {
  const { server, remove } = await started();
  const store = await open(server.url("admin"));
  return {
    ...store,
    rowsOf: (caller) => rowsOf(store.workers.mongodb.env.MONGODB_URL.value, caller),
    crash: server.kill,
    recover: server.start,
    hold: (table, meanwhile) => store.line.hold(table, meanwhile),
    stop: async () => {
      await store.stop();
      await remove();
    },
  };
}
