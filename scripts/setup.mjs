// Puts everything the other commands need into this checkout: npm packages into node_modules/, Rust tools
// into .tools/. What is there already is recognized in a fraction of a second. npm runs it in the checkout's root.

import { copyFileSync, existsSync, readFileSync } from "node:fs";
import { must, say, stop } from "../packages/worker/build/shell.mjs";
import { installRustTools } from "../packages/worker/build/tools.mjs";
import { installRust } from "./rust.mjs";

const OFFLINE = "Is this machine online? Run the same command again once it is.";

// workerd is published for these alone.
const PLATFORMS = ["darwin-arm64", "darwin-x64", "linux-arm64", "linux-x64"];

requireNode();
installNpmPackages();
installRust();
installRustTools();

function requireNode() {
  const platform = `${process.platform}-${process.arch}`;
  if (!PLATFORMS.includes(platform)) {
    stop(
      `Cloudflare's runtime exists for ${PLATFORMS.join(", ")}; this is ${platform}.\n` +
        "On Windows, use WSL.",
    );
  }
  if (Number.parseInt(process.versions.node, 10) < 20) {
    stop(`Node.js 20 or newer is needed; this is ${process.versions.node}.`);
  }
}

function installNpmPackages() {
  const installed = "node_modules/.installed-lock.json";
  if (existsSync(installed) && sameText(installed, "package-lock.json")) {
    return;
  }
  say("Installing npm packages (about half a minute, once)…");
  // Not `npm ci`: it insists that the lock file lists every platform's packages, and registries that carry
  // only some of them exist. `--no-save` leaves the lock file as it is.
  must("npm", ["install", "--no-save", "--ignore-scripts", "--loglevel=error"], OFFLINE);
  // Catches what the platform's name does not tell, such as a Linux without glibc.
  must("node_modules/.bin/workerd", ["--version"], "Cloudflare's runtime cannot run on this machine.");
  copyFileSync("package-lock.json", installed);
}

function sameText(one, other) {
  return readFileSync(one, "utf8") === readFileSync(other, "utf8");
}
