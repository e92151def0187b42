// Puts the static assets together in public/, which the Worker answers from: the description of the API, and the pages,
// each with all that it needs.

import { cpSync, rmSync } from "node:fs";
import { buildSync } from "esbuild";
import { buildIfOlder } from "../packages/worker/build/older.mjs";

const MADE_OF = ["assets", "packages/client/src", "scripts", "package-lock.json"];

export function buildAssets() {
  buildIfOlder("public/docs/page.js", MADE_OF, putTogether);
}

function putTogether() {
  rmSync("public", { recursive: true, force: true });
  cpSync("assets/openapi.json", "public/openapi.json");
  for (const page of ["start", "dashboard", "docs"]) {
    cpSync(`assets/${page}/index.html`, `public/${page}/index.html`);
    bundle(page);
  }
}

function bundle(page) {
  buildSync({
    entryPoints: [`assets/${page}/page.js`],
    outdir: `public/${page}`,
    bundle: true,
    minify: true,
    legalComments: "none",
    logLevel: "warning",
    target: "es2022",
  });
}
