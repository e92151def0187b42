// Builds packages/client/dist: a module and its types for each entry of the package's `exports`. A module has all that it
// needs, so that a page can load it as it is; but the outbox imports the core, which everybody has who uses it.

import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { build } from "esbuild";
import { minify } from "terser";

const FOLDER = "packages/client";
const DIST = join(FOLDER, "dist");

const { exports } = JSON.parse(readFileSync(join(FOLDER, "package.json"), "utf8"));
const modules = Object.values(exports).flatMap(({ default: module }) => (module ? [module] : []));
const sources = modules.map((module) =>
  join(FOLDER, module.replace("/dist/", "/src/").replace(/\.js$/, ".ts")),
);

rmSync(DIST, { recursive: true, force: true });
const { outputFiles } = await build({
  entryPoints: sources,
  outbase: join(FOLDER, "src"),
  outdir: DIST,
  bundle: true,
  external: ["./index.js"],
  write: false,
  minifySyntax: true,
  format: "esm",
  target: "es2022",
  legalComments: "none",
});
for (const { path, text } of outputFiles) {
  // It makes some percent less of it than esbuild, and the budgets of scripts/size.mjs are tight.
  // Arrows are unsafe for functions that are called with `new`, of which there are none.
  const compress = { passes: 3, ecma: 2020, unsafe_arrows: true };
  const { code } = await minify(text, { module: true, compress });
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, code);
}
copyFileSync("LICENSE", join(FOLDER, "LICENSE"));
execFileSync("tsc", ["-p", FOLDER], { stdio: "inherit" });
