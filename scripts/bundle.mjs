// Makes dist/ as `wrangler deploy` would upload it, unless it is newer than what it is made of. With folders of other Workers
// as its arguments, it makes theirs.

import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { buildIfOlder } from "../packages/worker/build/older.mjs";

const GLUE = [
  "packages/worker/index.js",
  "packages/worker/ending.js",
  "packages/worker/tasks.js",
  "packages/worker/jsonc.js",
  "packages/worker/stores",
];

const folders = process.argv.slice(2);
for (const folder of folders.length === 0 ? ["."] : folders) bundle(folder);

function bundle(folder) {
  const dist = join(folder, "dist");
  // What writes to another store than D1 is an entry around the same build.
  const own = folder.startsWith("stores/")
    ? ["build", join(folder, "entry.js"), join(folder, "wrangler.toml")]
    : ["build", "src", "wrangler.toml"].map((name) => join(folder, name));

  buildIfOlder(join(dist, "entry.js"), [...own, ...GLUE, "scripts", "package-lock.json"], () => {
    rmSync(dist, { recursive: true, force: true });
    const options = ["deploy", "--dry-run", "--outdir", "dist"];
    const { status } = spawnSync("wrangler", options, { cwd: folder, stdio: "inherit" });
    if (status !== 0) process.exit(1);
  });
}
