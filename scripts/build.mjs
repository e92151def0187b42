// Compiles the Worker to build/ and puts the static assets together in public/: what wrangler runs, checks and deploys.
// With the folder of another crate of the workspace as its argument, it compiles that one in the same way; with all others,
// so that what they have in common has the same features, and is not compiled again.

import { join } from "node:path";
import { buildIfOlder } from "../packages/worker/build/older.mjs";
import { createTables } from "../packages/worker/build/tables.mjs";
import { buildWorker } from "../packages/worker/build/worker.mjs";
import { buildAssets } from "./assets.mjs";

// Classes that the `worker` crate shows to JavaScript and of which this service makes no object: the methods would stay
// because they could be called. Whoever comes to use one takes its name out here, or it fails when it is made.
const UNUSED_CLASSES = ["intounderlying", "containerstartupoptions", "minifyconfig", "r2range"];

const [crate] = process.argv.slice(2);
const folder = crate ?? ".";
const made = ["crates", "packages/worker/build", "Cargo.toml", "Cargo.lock", ".tools/.crates.toml"];
// cargo would find that too, if it had compiled it here.
buildIfOlder(join(folder, "build/index.js"), [join(folder, "src"), ...made], () =>
  buildWorker(folder, crate === undefined ? [] : ["--workspace"], UNUSED_CLASSES),
);
if (crate === undefined) {
  buildIfOlder("public/docs/page.js", ["assets", "scripts", "package-lock.json"], buildAssets);
  createTables();
}
