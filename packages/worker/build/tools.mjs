// What compiles a Worker and is no npm package: it is put into the folder .tools of the project. What is there already is
// recognized in a fraction of a second.

import { existsSync, readFileSync, rmSync } from "node:fs";
import { must, run, say, stop } from "./shell.mjs";
import { addWasmTarget } from "./wasm-target.mjs";

/** The oldest Rust that compiles the crates, as their `rust-version` says. */
const RUST = "1.95";

const OFFLINE = "Is this machine online? Run the same command again once it is.";

/** Checks that there is Rust, and installs what it needs to compile a Worker. */
export function installRustTools() {
  requireRust();
  addWasmTarget();
  installWasmBindgen();
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
  if (Number(found.split(".")[1]) < Number(RUST.split(".")[1])) {
    stop(`Rust ${RUST} or newer is needed; this is ${found}. Run: rustup update stable`);
  }
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
