// Rust where Cloudflare builds (Workers Builds): its image has the languages that it names, and this is none of them.
// https://developers.cloudflare.com/workers/ci-cd/builds/build-image/

import { must, run, say } from "../packages/worker/build/shell.mjs";

const RUSTUP = "curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh -s -- -y --profile minimal";

/** Installs Rust, there and nowhere else: on a person's machine that is for the person to do. */
export function installRust() {
  if (process.env.WORKERS_CI !== "1" || run("cargo", ["--version"]).ok) {
    return;
  }
  say("Installing Rust…");
  must("bash", ["-o", "pipefail", "-c", RUSTUP], "https://rustup.rs did not answer. Start the build again.");
}
