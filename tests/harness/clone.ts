// A clone of this checkout, with what has not been committed yet.

import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, symlink, utimes } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

const ROOT = join(import.meta.dirname, "../..");
const run = promisify(execFile);

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
