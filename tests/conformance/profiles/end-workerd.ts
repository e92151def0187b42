// node end-workerd.ts <port>
//
// Ends with SIGKILL the workerd that runs the Worker served on a port of this machine, and no other.
//
// Miniflare's workerd listens itself. In front of the Worker's workerd, `wrangler dev` has another one that listens;
// that one must live, for wrangler gives up without it. Both are children of one wrangler, which starts them anew.

import { execFileSync } from "node:child_process";

interface Process {
  pid: number;
  parent: number;
  command: string;
}

const port = Number(process.argv[2]);
const all = processes();
const listener = all.find(({ pid }) => pid === listenerOn(port));
const runtimes = listener ? runtimesBehind(listener) : [];
if (runtimes.length !== 1) throw new Error(`port ${port} is not served by one workerd`);
process.kill(runtimes[0]!.pid, "SIGKILL");

/** The listener itself, or its siblings if it only passes requests on. */
function runtimesBehind(listener: Process): Process[] {
  if (!isRuntime(listener)) return [];
  const parent = all.find(({ pid }) => pid === listener.parent);
  if (!parent || !/wrangler\S* dev\b|wrangler-dist\/cli\.js dev\b/.test(parent.command)) return [listener];
  return all.filter((other) => other.parent === parent.pid && other.pid !== listener.pid && isRuntime(other));
}

function isRuntime({ command }: Process): boolean {
  return /\/workerd serve /.test(command);
}

function processes(): Process[] {
  const lines = execFileSync("ps", ["-axww", "-o", "pid=,ppid=,command="], { encoding: "utf8" }).split("\n");
  return lines.flatMap((line) => {
    const found = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line);
    return found ? [{ pid: Number(found[1]), parent: Number(found[2]), command: found[3]! }] : [];
  });
}

/** Linux has `ss` wherever it has `ip`; macOS has `lsof`. */
function listenerOn(port: number): number {
  const [tool, parameters, pattern] =
    process.platform === "linux"
      ? (["ss", ["-ltnpH", `sport = :${port}`], /pid=(\d+)/] as const)
      : (["lsof", ["-nP", `-iTCP:${port}`, "-sTCP:LISTEN", "-t"], /^(\d+)/] as const);
  const found = pattern.exec(execFileSync(tool, parameters, { encoding: "utf8" }))?.[1];
  if (found === undefined) throw new Error(`no process of this user listens on port ${port}`);
  return Number(found);
}
