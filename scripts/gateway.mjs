// Compiles the gateway's Worker, and puts its wasm into the npm package, which serves it.

import { cpSync } from "node:fs";
import { buildIfOlder } from "../packages/worker/build/older.mjs";
import { buildWorker } from "../packages/worker/build/worker.mjs";

const BUILT = "crates/gateway/build";
const PACKED = "packages/worker/wasm";

buildWorker("crates/gateway", ["--workspace"]);
buildIfOlder(`${PACKED}/index.js`, [BUILT], () => cpSync(BUILT, PACKED, { recursive: true }));
