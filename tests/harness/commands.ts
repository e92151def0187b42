// Operators' commands, in a folder of their own.

import { execFile } from "node:child_process";
import { cp, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { onTestFinished } from "vitest";

const ROOT = join(import.meta.dirname, "../..");
const PATH = `${join(ROOT, "node_modules/.bin")}:${process.env["PATH"]}`;
const start = promisify(execFile);

/** A folder in which wrangler finds the database, and nothing in it. */
export async function emptyFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "edge-idempotency-data-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await cp(join(ROOT, "wrangler.toml"), join(folder, "wrangler.toml"));
  await symlink(join(ROOT, "node_modules"), join(folder, "node_modules"));
  return folder;
}

/** Runs one of scripts/ in a folder. */
export function command(cwd: string, name: string, args: string[], env = {}) {
  return run(cwd, process.execPath, [join(ROOT, `scripts/${name}`), ...args], env);
}

export function wrangler(cwd: string, ...args: string[]) {
  return run(cwd, "wrangler", args, { WRANGLER_SEND_METRICS: "false" });
}

function run(cwd: string, program: string, args: string[], env: object) {
  return start(program, args, { cwd, env: { ...process.env, PATH, ...env }, maxBuffer: 1 << 26 });
}
