// `wrangler dev`, as people start it: in a folder, with their own command.

import { type ChildProcess, execFile, spawn } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, symlink, utimes } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

const ROOT = join(import.meta.dirname, "../..");
const run = promisify(execFile);

export interface Dev {
  port: number;
  /** Such as `http://localhost:8787`. */
  base: string;
  /** What it has printed so far. */
  printed(): string;
  stop(): Promise<void>;
}

/** Runs `command`, whose last argument is to be the port's, in `folder`; resolves when it serves. */
export async function startDev(folder: string, command: string[], env = {}): Promise<Dev> {
  const port = await freePort();
  const [program = "npx", ...options] = [...command, "--port", String(port)];
  const wrangler = spawn(program, options, {
    cwd: folder,
    // Nothing is asked of Cloudflare here, for a test has to do without it.
    env: { ...process.env, CLOUDFLARE_CF_FETCH_ENABLED: "false", WRANGLER_SEND_METRICS: "false", ...env },
    // In a group of its own: the command, wrangler and the runtime end together.
    detached: true,
  });
  let printed = "";
  await new Promise<void>((resolve, reject) => {
    const read = (text: Buffer) => {
      printed += text;
      if (printed.includes("Ready on")) resolve();
    };
    for (const stream of [wrangler.stdout!, wrangler.stderr!]) stream.on("data", read);
    wrangler.once("exit", () => reject(new Error(`wrangler dev has ended:\n${printed}`)));
  });
  const base = `http://localhost:${port}`;
  return { port, base, printed: () => printed, stop: () => stop(wrangler) };
}

/** What a clone of this checkout would have, with what its first build leaves there. */
export async function cloned(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "edge-idempotency-clone-"));
  const { stdout } = await run("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
    cwd: ROOT,
  });
  for (const name of stdout.split("\0").filter(Boolean)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await cp(join(ROOT, name), join(folder, name));
  }
  for (const name of ["node_modules", ".tools"]) await symlink(join(ROOT, name), join(folder, name));
  for (const name of ["build", "public"]) await copyBuilt(folder, name);
  return folder;
}

/** It counts as built from the files that were copied before. */
async function copyBuilt(folder: string, name: string) {
  await cp(join(ROOT, name), join(folder, name), { recursive: true });
  const now = new Date();
  for (const file of await readdir(join(folder, name), { recursive: true }))
    await utimes(join(folder, name, file), now, now);
}

async function stop(wrangler: ChildProcess) {
  const ended = new Promise((resolve) => wrangler.once("close", resolve));
  process.kill(-wrangler.pid!, "SIGKILL");
  await ended;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
