// Builds packages/client/dist: a module and its types for each entry of the package's `exports`. A module has all that it
// needs, so that a page can load it as it is.

import { execFileSync } from "node:child_process";
import { copyFileSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";

const FOLDER = "packages/client";
const DIST = join(FOLDER, "dist");

const { exports } = JSON.parse(readFileSync(join(FOLDER, "package.json"), "utf8"));
const modules = Object.values(exports).flatMap(({ default: module }) => (module ? [module] : []));
const sources = modules.map((module) =>
  join(FOLDER, module.replace("/dist/", "/src/").replace(/\.js$/, ".ts")),
);

rmSync(DIST, { recursive: true, force: true });
await build({
  entryPoints: sources,
  outbase: join(FOLDER, "src"),
  outdir: DIST,
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  legalComments: "none",
});
copyFileSync("LICENSE", join(FOLDER, "LICENSE"));
execFileSync("tsc", ["-p", FOLDER], { stdio: "inherit" });
