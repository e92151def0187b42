// Compiles the Worker to build/ and puts the static assets together in public/: what wrangler runs, checks and deploys.
// With the folder of another crate of the workspace as its argument, it compiles that one in the same way; with all others,
// so that what they have in common has the same features, and is not compiled again.

import { join } from "node:path";
import { buildIfOlder } from "../packages/worker/build/older.mjs";
import { createTables } from "../packages/worker/build/tables.mjs";
import { buildWorker } from "../packages/worker/build/worker.mjs";
import { buildAssets } from "./assets.mjs";
import { MADE_OF, UNUSED_CLASSES } from "./made-of.mjs";

const [crate] = process.argv.slice(2);
const folder = crate ?? ".";
// cargo would find that too, if it had compiled it here.
buildIfOlder(join(folder, "build/index.js"), [join(folder, "src"), ...MADE_OF], () =>
  buildWorker(folder, crate === undefined ? [] : ["--workspace"], UNUSED_CLASSES),
);
if (crate === undefined) {
  buildAssets();
  createTables();
}
