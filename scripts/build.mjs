// Compiles the crate to build/, which is what wrangler runs, checks and deploys.

import { readdirSync, statSync, utimesSync } from "node:fs";
import { join, resolve } from "node:path";
import { spawnSync } from "node:child_process";
import { say } from "./shell.mjs";

const OUTPUT = "build/index_bg.wasm";
const INPUTS = ["src", "Cargo.toml", "Cargo.lock", "scripts", ".tools/.crates.toml"];

const started = new Date();
if (INPUTS.some(isNewerThanOutput)) {
  say("Building the Worker (one to two minutes the first time)…");
  const { status } = spawnSync(".tools/bin/worker-build", ["--release"], {
    stdio: "inherit",
    env: {
      ...process.env,
      PATH: `${resolve(".tools/wasm/bin")}:${process.env.PATH}`,
      // Each of them would be downloaded if it were not named.
      WASM_BINDGEN_BIN: resolve(".tools/bin/wasm-bindgen"),
      WASM_OPT_BIN: resolve("node_modules/.bin/wasm-opt"),
      ESBUILD_BIN: resolve("node_modules/.bin/esbuild"),
    },
  });
  if (status !== 0) {
    process.exit(1);
  }
  // A file saved while the compiler ran is newer than what the compiler read.
  utimesSync(OUTPUT, started, started);
}

/** Folders count with their own time too: it changes when a file in them goes away. */
function isNewerThanOutput(input) {
  const { mtimeMs } = statSync(OUTPUT, { throwIfNoEntry: false }) ?? { mtimeMs: 0 };
  const inside = statSync(input).isDirectory() ? readdirSync(input, { recursive: true }) : [];
  return [input, ...inside.map((name) => join(input, name))].some((path) => statSync(path).mtimeMs > mtimeMs);
}
