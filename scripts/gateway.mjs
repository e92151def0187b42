// Compiles the gateway's Worker, and puts its wasm and the dashboard into the npm package, which serves them.

import { cpSync } from "node:fs";
import { buildIfOlder } from "../packages/worker/build/older.mjs";
import { buildWorker } from "../packages/worker/build/worker.mjs";
import { buildAssets } from "./assets.mjs";
import { MADE_OF, UNUSED_CLASSES } from "./made-of.mjs";

const BUILT = "crates/gateway/build";
const PACKAGE = "packages/worker";

buildIfOlder(`${BUILT}/index.js`, ["crates/gateway/src", ...MADE_OF], () =>
  buildWorker("crates/gateway", ["--workspace"], UNUSED_CLASSES),
);
buildIfOlder("public/docs/page.js", ["assets", "scripts", "package-lock.json"], buildAssets);
buildIfOlder(`${PACKAGE}/wasm/index.js`, [BUILT], () =>
  cpSync(BUILT, `${PACKAGE}/wasm`, { recursive: true }),
);
buildIfOlder(`${PACKAGE}/public/dashboard/page.js`, ["public/dashboard"], () =>
  cpSync("public/dashboard", `${PACKAGE}/public/dashboard`, { recursive: true }),
);
