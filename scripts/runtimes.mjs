// Installs the runtimes that the client is tested in beside Node and a browser. They are large, so they are no packages of
// this checkout.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { must, say } from "../packages/worker/build/shell.mjs";

const FOLDER = ".tools/runtimes";
const DEPENDENCIES = { bun: "1.4.5", deno: "2.9.6" };

const file = join(FOLDER, "package.json");
const wanted = JSON.stringify({ private: true, dependencies: DEPENDENCIES });
const installed = join(FOLDER, "node_modules/.package-lock.json");
if (!existsSync(installed) || readFileSync(file, "utf8") !== wanted) {
  say("Installing Bun and Deno for the tests of the client (about 200 MB, once)…");
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(file, wanted);
  const options = ["--prefix", FOLDER, "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  must("npm", ["install", ...options], "Is this machine online? Run the same command again once it is.");
}
