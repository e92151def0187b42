// Compiles the Worker to build/ and puts the static assets together in public/: what wrangler runs, checks and deploys.
// With the folder of another crate of the workspace as its argument, it compiles that one in the same way; with all others,
// so that what they have in common has the same features, and is not compiled again.

import { buildIfOlder } from "../packages/worker/build/older.mjs";
import { createTables } from "../packages/worker/build/tables.mjs";
import { buildWorker } from "../packages/worker/build/worker.mjs";
import { buildAssets } from "./assets.mjs";

const [crate] = process.argv.slice(2);
buildWorker(crate, crate === undefined ? [] : ["--workspace"]);
if (crate === undefined) {
  buildIfOlder("public/docs/page.js", ["assets", "scripts", "package-lock.json"], buildAssets);
  createTables();
}
