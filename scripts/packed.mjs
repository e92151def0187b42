// npm runs it before it packs the package: what is packed has to have been built.

import { existsSync } from "node:fs";
import { stop } from "../packages/worker/build/shell.mjs";

const BUILT = [
  "LICENSE",
  "public/dashboard/index.html",
  "wasm/index.js",
  "wasm/index_bg.wasm",
  "wasm/node.js",
];

const missing = BUILT.filter((name) => !existsSync(name));
if (missing.length > 0) stop(`${missing.join(", ")} is missing. In the repository's root: npm run package`);
