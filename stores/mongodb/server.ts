// A server of this machine that is compatible with MongoDB, for `npm start -- --store mongodb` and for tests.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { MongoClient } from "mongodb";
import { end, freePort } from "../local-server.ts";
import { program } from "./program.ts";

export interface MongodbServer {
  /** The URL of a database of this name. */
  url(database: string): string;
  /** Ends it as a crash would; `start` brings it back, with what was acknowledged. */
  kill(): Promise<void>;
  start(): Promise<void>;
  stop(): Promise<void>;
}

const LONGEST_START_MS = 30_000;

/** Starts the server whose files are in `folder`, one for each database; it is made if it is not there. */
export async function startMongodb(folder: string): Promise<MongodbServer> {
  const data = resolve(folder);
  mkdirSync(data, { recursive: true });
  const port = await freePort();
  let server: ChildProcess | undefined;
  const mongodb: MongodbServer = {
    url: (database) => `mongodb://127.0.0.1:${port}/${database}`,
    kill: () => end(server, "SIGKILL"),
    stop: () => end(server, "SIGTERM"),
    start: async () => {
      const files = ["--log-file", join(data, "log"), "--pid-file", join(data, "pid")];
      server = spawn(program(), ["--data-dir", data, "--port", `${port}`, ...files], { stdio: "ignore" });
      await answers(mongodb.url("admin"), server);
    },
  };
  await mongodb.start();
  return mongodb;
}

async function answers(url: string, server: ChildProcess): Promise<void> {
  const client = new MongoClient(url, { serverSelectionTimeoutMS: LONGEST_START_MS });
  const ended = once(server, "exit").then(() => Promise.reject(new Error("the server has ended")));
  ended.catch(() => {});
  try {
    await Promise.race([client.db().command({ ping: 1 }), ended]);
  } finally {
    await client.close();
  }
}
