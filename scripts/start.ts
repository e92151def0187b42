// npm start [-- --store <name>] [-- <options of wrangler dev>]
//
// Serves the Worker; with a store other than D1, the Worker of stores/<name>/, beside a server of that store.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { say, stop } from "../packages/worker/build/shell.mjs";
import { fileOf } from "./store-names.ts";

const { store, options } = read(process.argv.slice(2));
// Nothing is asked of Cloudflare.
const env = { ...process.env, CLOUDFLARE_CF_FETCH_ENABLED: "false" };

if (store === undefined || store === "d1") await serve(options, {});
else await serveWith(store);

async function serveWith(name: string): Promise<void> {
  const local = fileOf(name, "local.ts", "--store must be d1, or one of these");
  const folder = join("stores", name);
  const state = resolve(folder, ".wrangler/state");
  occupy(state);
  say(`Starting ${name}…`);
  const { start } = await import(local);
  // What wrangler is to be started with for it: options, and variables of its environment.
  const server = await start(state).catch((error: Error) => stop(error.message));
  try {
    const own = ["--env-file", resolve(".dev.vars"), ...(server.options ?? [])];
    await serve([...own, ...options], server.env ?? {}, folder);
  } finally {
    await server.stop();
  }
}

/** Two servers with the same data would lose what one of them has. */
function occupy(state: string): void {
  const file = join(state, "pid");
  const other = existsSync(file) ? Number(readFileSync(file, "utf8")) : NaN;
  if (isRunning(other)) stop(`Process ${other} serves the data in ${state} already. End it first.`);
  mkdirSync(state, { recursive: true });
  writeFileSync(file, String(process.pid));
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Until wrangler ends, which a signal to this process ends too. */
async function serve(options: string[], more: NodeJS.ProcessEnv, cwd = "."): Promise<void> {
  const wrangler = spawn("wrangler", ["dev", ...options], {
    cwd,
    stdio: "inherit",
    env: { ...env, ...more },
  });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    process.on(signal, () => wrangler.kill(signal));
  const [status] = await once(wrangler, "exit");
  process.exitCode = status ?? 0;
}

/** What is said of the store; all else is wrangler's. */
function read(given: string[]): { store: string | undefined; options: string[] } {
  const at = given.findIndex((option) => /^--store(=|$)/.test(option));
  if (at < 0) return { store: undefined, options: given };
  const isApart = given[at] === "--store";
  const store = isApart ? (given[at + 1] ?? "") : given[at]!.slice("--store=".length);
  return { store, options: given.filter((_, n) => n !== at && !(isApart && n === at + 1)) };
}
