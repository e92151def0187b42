// Gives the Rust compiler a standard library for wasm, in one of two ways.
//
// 1. `rustup target add`, which is how nearly everyone gets it.
// 2. Where rustup is absent or cannot download, on Debian 12 with package registries in reach: Debian's own
//    Rust 1.96 compiles the standard library from its sources. Everything that builds for wasm starts with
//    .tools/wasm/bin on its PATH; the `rustc` and `cargo` made there are Debian's, and only this way makes them.

import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { resolve } from "node:path";
import { must, run, say, stop } from "./shell.mjs";

const TARGET = "wasm32-unknown-unknown";
const DEBIAN_PACKAGES = ["rustc-web", "cargo-web", "rust-web-src", "rust-web-clippy", "lld-22"];
const DEBIAN_HOME = resolve(".tools/wasm");

export function addWasmTarget() {
  if (hasTarget("rustc")) {
    // Left over from before rustup could download, it would go on being preferred.
    rmSync(DEBIAN_HOME, { recursive: true, force: true });
    return;
  }
  if (hasTarget(`${DEBIAN_HOME}/bin/rustc`)) {
    return;
  }
  say(`Adding the Rust target ${TARGET} (some seconds, once)…`);
  const rustup = run("rustup", ["target", "add", TARGET]);
  if (!rustup.ok) {
    buildWithDebianPackages(rustup.output);
  }
}

function hasTarget(rustc) {
  const { ok, output } = run(rustc, ["--print", "target-libdir", "--target", TARGET]);
  return ok && existsSync(output);
}

function buildWithDebianPackages(whyNotRustup) {
  const missing = `${whyNotRustup}\n\nThe Rust target is missing. Make this work: rustup target add ${TARGET}`;
  if (process.getuid() !== 0 || !run("apt-get", ["update"]).ok) {
    stop(missing);
  }
  say(`rustup cannot. Building it with ${DEBIAN_PACKAGES.join(", ")} (about two minutes, once)…`);
  const apt = { env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" } };
  must("apt-get", ["install", "-y", "--no-install-recommends", ...DEBIAN_PACKAGES], missing, apt);
  rmSync(DEBIAN_HOME, { recursive: true, force: true });
  layOutSysroot(compileStandardLibrary());
  writeWrappers();
}

/** Compiles the standard library as the dependency of an empty crate; returns the folder it is in. */
function compileStandardLibrary() {
  const crate = `${DEBIAN_HOME}/std`;
  mkdirSync(`${crate}/src`, { recursive: true });
  writeFileSync(`${crate}/Cargo.toml`, '[package]\nname = "empty"\nedition = "2024"\n[workspace]\n');
  writeFileSync(`${crate}/src/lib.rs`, "#![no_std]\n");
  must("/usr/bin/cargo", ["build", "--release", "--target", TARGET, "-Zbuild-std=std,panic_abort"], "", {
    cwd: crate,
    // With the variable, a stable compiler accepts -Z. With bitcode in it, link-time optimization works.
    env: {
      ...process.env,
      PATH: `/usr/bin:${process.env.PATH}`,
      RUSTC: "/usr/bin/rustc",
      RUSTC_BOOTSTRAP: "1",
      RUSTFLAGS: "-C embed-bitcode=yes",
    },
  });
  return `${crate}/target/${TARGET}/release/deps`;
}

function layOutSysroot(deps) {
  const rustlib = `${DEBIAN_HOME}/lib/rustlib`;
  const host = must("/usr/bin/rustc", ["--print", "host-tuple"], "");
  mkdirSync(`${rustlib}/${TARGET}/lib`, { recursive: true });
  mkdirSync(`${rustlib}/${host}/bin`, { recursive: true });
  for (const library of readdirSync(deps)) {
    if (library.endsWith(".rlib") && !library.startsWith("libempty")) {
      cpSync(`${deps}/${library}`, `${rustlib}/${TARGET}/lib/${library}`);
    }
  }
  symlinkSync(`/usr/lib/rustlib/${host}/lib`, `${rustlib}/${host}/lib`);
  symlinkSync("/usr/lib/llvm-22/bin/lld", `${rustlib}/${host}/bin/rust-lld`);
}

function writeWrappers() {
  mkdirSync(`${DEBIAN_HOME}/bin`);
  const withStd = `SYSROOT='${DEBIAN_HOME}' exec /usr/bin`;
  const wrapper = (name, ...lines) => {
    writeFileSync(`${DEBIAN_HOME}/bin/${name}`, `#!/bin/sh\n${lines.join("\n")}\n`);
    chmodSync(`${DEBIAN_HOME}/bin/${name}`, 0o755);
  };
  wrapper("rustc", `exec /usr/bin/rustc --sysroot '${DEBIAN_HOME}' "$@"`);
  wrapper(
    "cargo",
    // rustup's compiler, which the tests use, cannot read what this one leaves in a target folder.
    `export CARGO_TARGET_DIR='${DEBIAN_HOME}/target'`,
    // cargo would look for its subcommand at rustup's first, and clippy does not go through `rustc`.
    `[ "$1" = clippy ] && ${withStd}/cargo-clippy "$@"`,
    `exec /usr/bin/cargo "$@"`,
  );
  wrapper("clippy-driver", `${withStd}/clippy-driver "$@"`);
}
