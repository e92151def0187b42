import { existsSync } from "node:fs";
import { must, run, say, stop } from "./shell.mjs";

const TARGET = "wasm32-unknown-unknown";

/** Makes the standard library for wasm available to the compiler. */
export function addWasmTarget() {
  const { output } = run("rustc", ["--print", "sysroot"]);
  if (existsSync(`${output}/lib/rustlib/${TARGET}/lib`)) {
    return;
  }
  say(`Adding the Rust target ${TARGET} (some seconds, once)…`);
  must("rustup", ["target", "add", TARGET], "The Rust target could not be added.");
}
