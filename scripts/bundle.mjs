// Makes dist/ as `wrangler deploy` would upload it, unless it is newer than what it is made of.

import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { buildIfOlder } from "../packages/worker/build/older.mjs";

buildIfOlder("dist/entry.js", ["build", "src", "packages/worker", "scripts", "wrangler.toml", "package-lock.json"], () => {
  rmSync("dist", { recursive: true, force: true });
  const { status } = spawnSync("wrangler", ["deploy", "--dry-run", "--outdir", "dist"], { stdio: "inherit" });
  if (status !== 0) process.exit(1);
});
