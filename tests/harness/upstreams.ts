// APIs of others: programs that were made without this service in mind.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "../..");
const PROGRAMS = join(ROOT, ".tools/upstreams/bin");

export interface RealUpstream {
  url: string;
  /** How many requests with this method and path have come to it. */
  requests(method: string, path: string): number;
  stop(): Promise<void>;
}

/** Python's `http.server`. */
export function startPayments(): Promise<RealUpstream> {
  return start("python", ["-u", join(ROOT, "tests/upstreams/payments.py")]);
}

/** httpbin behind gunicorn, which prints a line for each request. */
export function startHttpbin(): Promise<RealUpstream> {
  const log = ["--access-logfile", "-", "--access-logformat", "%(m)s %(U)s"];
  return start("gunicorn", ["--bind", "127.0.0.1:0", "--threads", "4", ...log, "httpbin:app"]);
}

/** Starts a program that prints its URL. */
async function start(program: string, args: string[]): Promise<RealUpstream> {
  const child = spawn(join(PROGRAMS, program), args, { detached: true });
  let printed = "";
  const url = await new Promise<string>((resolve, reject) => {
    const read = (text: Buffer) => {
      printed += text;
      const [url] = /http:\/\/127\.0\.0\.1:\d+/.exec(printed) ?? [];
      if (url !== undefined) resolve(url);
    };
    for (const stream of [child.stdout, child.stderr]) stream.on("data", read);
    child.once("error", reject);
    child.once("exit", () => reject(new Error(`${program} has ended:\n${printed}`)));
  });
  return {
    url,
    requests: (method, path) => printed.split("\n").filter((line) => line === `${method} ${path}`).length,
    stop: () => stop(child),
  };
}

/** Ends its workers too. */
async function stop(child: ChildProcess) {
  const ended = once(child, "close");
  process.kill(-child.pid!, "SIGKILL");
  await ended;
}
