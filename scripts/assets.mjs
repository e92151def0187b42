// Puts the static assets together in public/, which the Worker answers from: the description of the API, and the page
// that shows it, with all that the page needs.

import { cpSync, rmSync } from "node:fs";
import { buildSync } from "esbuild";

export function buildAssets() {
  rmSync("public", { recursive: true, force: true });
  cpSync("assets/openapi.json", "public/openapi.json");
  for (const page of ["docs", "dashboard"]) {
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
