// node end-workerd.ts <port>
//
// Ends with SIGKILL the workerd that runs the Worker served on a port of this machine, and no other. Linux only: it
// reads /proc.
//
// Miniflare's workerd listens itself. In front of the Worker's workerd, `wrangler dev` has another one that listens;
// that one must live, for wrangler gives up without it. Both are children of one wrangler, which starts them anew.

import { readdirSync, readFileSync, readlinkSync } from "node:fs";

const port = Number(process.argv[2]);
const listener = listenerOn(port);
const parent = parentOf(listener);
const runtimes = isWranglers(parent) ? childrenOf(parent).filter(isOtherRuntime) : [listener];
if (!isRuntime(listener) || runtimes.length !== 1)
  throw new Error(`port ${port} is not served by one workerd`);
process.kill(runtimes[0]!, "SIGKILL");

function isOtherRuntime(pid: number): boolean {
  return pid !== listener && isRuntime(pid);
}

function isRuntime(pid: number): boolean {
  return /\/workerd$/.test(commandOf(pid)[0] ?? "");
}

function isWranglers(pid: number): boolean {
  const command = commandOf(pid);
  return command.includes("dev") && command.some((word) => /wrangler/.test(word));
}

/** The process with a socket that listens on the port. */
function listenerOn(port: number): number {
  const hex = port.toString(16).toUpperCase().padStart(4, "0");
  const LISTEN = "0A";
  const sockets = ["tcp", "tcp6"]
    .flatMap((table) => read(`/proc/net/${table}`).split("\n"))
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local, , state]) => state === LISTEN && local!.endsWith(`:${hex}`))
    .map((columns) => `socket:[${columns[9]}]`);
  const owner = processes().find((pid) => openFiles(pid).some((file) => sockets.includes(file)));
  if (owner === undefined) throw new Error(`nothing of this user listens on port ${port}`);
  return owner;
}

function childrenOf(pid: number): number[] {
  return processes().filter((other) => parentOf(other) === pid);
}

function processes(): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

function parentOf(pid: number): number {
  return Number(/^PPid:\s*(\d+)/m.exec(read(`/proc/${pid}/status`))?.[1]);
}

function commandOf(pid: number): string[] {
  return read(`/proc/${pid}/cmdline`).split("\0");
}

function openFiles(pid: number): string[] {
  const folder = `/proc/${pid}/fd`;
  const names = orElse([], () => readdirSync(folder));
  return names.map((name) => orElse("", () => readlinkSync(`${folder}/${name}`)));
}

function read(path: string): string {
  return orElse("", () => readFileSync(path, "utf8"));
}

/** Processes end while they are looked at, and some belong to others. */
function orElse<T>(otherwise: T, look: () => T): T {
  try {
    return look();
  } catch {
    return otherwise;
  }
}
