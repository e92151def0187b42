// A PostgreSQL of this machine, for `npm start -- --store postgres` and for tests: the machine's own program, or Debian's,
// unpacked into the checkout.

import { type ChildProcess, spawn, type StdioOptions } from "node:child_process";
import { chownSync, closeSync, existsSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import connect from "postgres";
import { run } from "../../packages/worker/build/shell.mjs";
import { end, freePort } from "../local-server.ts";
import { program } from "./program.ts";

export interface PostgresServer {
  /** The URL of a database of this name. */
  url(database: string): string;
  /** Ends it as a crash would; `start` brings it back, with what was committed. */
  kill(): Promise<void>;
  start(): Promise<void>;
  stop(): Promise<void>;
}

const USER = "edge";
/** Wrangler wants one in a URL. The server, which listens to this machine alone, asks for none. */
const PASSWORD = "none";

/** Hundreds of requests at once, in several files of tests, each of which has a connection: nothing pools them here. */
const MAX_CONNECTIONS = 800;

const LONGEST_START_MS = 30_000;

/** Starts the server whose files are in `folder`, which is made if it is not there. */
export async function startPostgres(folder: string, port?: number): Promise<PostgresServer> {
  const { bin, env } = program();
  const as = owner();
  const data = resolve(folder);
  if (!existsSync(join(data, "PG_VERSION"))) {
    mkdirSync(data, { recursive: true });
    if (as.uid !== undefined) chownSync(data, as.uid, as.gid!);
    const options = ["--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C"];
    const made = run(join(bin, "initdb"), ["-D", data, "-U", USER, ...options], { env, ...as });
    if (!made.ok) throw new Error(`PostgreSQL's initdb failed:\n${made.output}`);
  }
  const at = port ?? (await freePort());
  let server: ChildProcess | undefined;
  const postgres: PostgresServer = {
    url: (database) => `postgres://${USER}:${PASSWORD}@127.0.0.1:${at}/${database}`,
    kill: () => end(server, "SIGQUIT"),
    stop: () => end(server, "SIGINT"),
    start: async () => {
      const settings = {
        listen_addresses: "127.0.0.1",
        port: at,
        unix_socket_directories: "",
        max_connections: MAX_CONNECTIONS,
        // What is committed survives the program's end, and need not survive the machine's.
        fsync: "off",
      };
      const options = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
      const log = join(data, "server.log");
      const output = openSync(log, "w");
      const stdio: StdioOptions = ["ignore", output, output];
      server = spawn(join(bin, "postgres"), ["-D", data, ...options], { env, stdio, ...as });
      closeSync(output);
      await answers(postgres.url("postgres"), server, log);
    },
  };
  await postgres.start();
  return postgres;
}

/** PostgreSQL refuses to run as root. */
function owner(): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const [name] = ["postgres", "nobody"].filter((user) => run("id", [user]).ok);
  const id = (option: string) => Number(run("id", [option, name!]).output);
  return { uid: id("-u"), gid: id("-g") };
}

async function answers(url: string, server: ChildProcess, log: string): Promise<void> {
  const until = Date.now() + LONGEST_START_MS;
  while (server.exitCode === null && Date.now() < until) {
    const client = connect(url, { max: 1, connect_timeout: 1, fetch_types: false });
    try {
      await client`SELECT 1`;
      return;
    } catch {
      await pause(50);
    } finally {
      await client.end({ timeout: 0 });
    }
  }
  throw new Error(`PostgreSQL did not start:\n${readFileSync(log, "utf8").trim()}`);
}
