// Fails if the Worker has grown beyond its budget: a free plan takes 3 MB of gzip, and what is less starts sooner. The
// program `gzip` measures, for Node's own packs less tightly.

import { execFileSync } from "node:child_process";
import { stop } from "../packages/worker/build/shell.mjs";

const WASM = "build/index_bg.wasm";
const MAX_BYTES = 405_000;

const bytes = execFileSync("gzip", ["-9c", WASM], { maxBuffer: 1 << 28 }).length;
const told = `${WASM} has ${bytes} bytes with gzip -9, of ${MAX_BYTES} that it may have.`;
if (bytes > MAX_BYTES) {
  stop(`${told} What takes how much is in docs/dependencies.md.`);
}
console.log(told);
