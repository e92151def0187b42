// Puts everything the other commands need into this checkout: npm packages into node_modules/, Rust tools
// into .tools/. What is there already is recognized in a fraction of a second. npm runs it in the checkout's root.

import { copyFileSync, existsSync, readFileSync, rmSync } from "node:fs";
import { must, run, say, stop } from "./shell.mjs";
import { addWasmTarget } from "./wasm-target.mjs";

const OFFLINE = "Is this machine online? Run the same command again once it is.";

// workerd is published for these alone.
const PLATFORMS = ["darwin-arm64", "darwin-x64", "linux-arm64", "linux-x64"];

requireNode();
requireRust();
installNpmPackages();
addWasmTarget();
installWasmBindgen();

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

function requireRust() {
  const cargo = run("cargo", ["--version"]);
  if (!cargo.ok) {
    stop(
      `Rust is needed: ${cargo.output.split("\n")[0]}.\n` +
        "Install it from https://rustup.rs, open a new shell and run the same command again.",
    );
  }
  const found = cargo.output.match(/\d+\.\d+/)[0];
  const needed = readFileSync("Cargo.toml", "utf8").match(/^rust-version = "(\d+\.\d+)/m)[1];
  if (Number(found.split(".")[1]) < Number(needed.split(".")[1])) {
    stop(`Rust ${needed} or newer is needed; this is ${found}. Run: rustup update stable`);
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

/** In the version of the crate: the two agree on what the compiled code says of itself. */
function installWasmBindgen() {
  const version = lockedVersion("wasm-bindgen");
  const installed = ".tools/.crates.toml";
  if (existsSync(installed) && readFileSync(installed, "utf8").includes(`"wasm-bindgen-cli ${version} `)) {
    return;
  }
  say(`Compiling wasm-bindgen ${version} (about a minute, once)…`);
  // Its own lock file names a package version that has been withdrawn, hence no `--locked`; the features are for a test
  // runner.
  const options = ["--bin", "wasm-bindgen", "--no-default-features"];
  must("cargo", ["install", `wasm-bindgen-cli@${version}`, "--root", ".tools", ...options], OFFLINE, {
    // Optimized, it takes several times as long to compile and saves half a second a build.
    env: { ...process.env, CARGO_TARGET_DIR: ".tools/target", CARGO_PROFILE_RELEASE_OPT_LEVEL: "0" },
  });
  rmSync(".tools/target", { recursive: true, force: true });
}

function lockedVersion(crate) {
  if (!existsSync("Cargo.lock")) {
    must("cargo", ["generate-lockfile"], OFFLINE);
  }
  const entry = new RegExp(`^name = "${crate}"\nversion = "(.+)"$`, "m");
  return readFileSync("Cargo.lock", "utf8").match(entry)[1];
}

function sameText(one, other) {
  return readFileSync(one, "utf8") === readFileSync(other, "utf8");
}
