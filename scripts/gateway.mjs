// Compiles the gateway's Worker, and puts its wasm and the dashboard into the npm package, which serves them.

import { copyFileSync, cpSync, readFileSync, writeFileSync } from "node:fs";
import { buildIfOlder } from "../packages/worker/build/older.mjs";
import { buildWorker } from "../packages/worker/build/worker.mjs";
import { stop } from "../packages/worker/build/shell.mjs";
import { buildAssets } from "./assets.mjs";
import { MADE_OF, UNUSED_CLASSES } from "./made-of.mjs";

const BUILT = "crates/gateway/build";
const PACKAGE = "packages/worker";

/** How the platform loads wasm. */
const OF_WASM = /import (\w+) from"(\.\/index_bg\.wasm)"/;

buildIfOlder(`${BUILT}/index.js`, ["crates/gateway/src", ...MADE_OF], () =>
  buildWorker("crates/gateway", ["--workspace"], UNUSED_CLASSES),
);
buildAssets();
buildIfOlder(`${PACKAGE}/wasm/index.js`, [BUILT, "scripts/gateway.mjs"], () => {
  cpSync(BUILT, `${PACKAGE}/wasm`, { recursive: true });
  writeFileSync(`${PACKAGE}/wasm/node.js`, forNode(readFileSync(`${BUILT}/index.js`, "utf8")));
});
buildIfOlder(`${PACKAGE}/public/dashboard/page.js`, ["public/dashboard"], () =>
  cpSync("public/dashboard", `${PACKAGE}/public/dashboard`, { recursive: true }),
);
copyFileSync("LICENSE", `${PACKAGE}/LICENSE`);

/** The same module for Node.js, where the commands check policies with it. */
function forNode(text) {
  if (!OF_WASM.test(text)) stop("The import of wasm has changed: scripts/gateway.mjs has to know.");
  const read = 'readFileSync(new URL("$2",import.meta.url))';
  return text.replace(OF_WASM, `import{readFileSync}from"node:fs";const $1=new WebAssembly.Module(${read})`);
}
