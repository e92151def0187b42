// Compiles the crate of a Worker to the folder `build` in it: the wasm, and the JavaScript through which it is called.

import { spawnSync } from "node:child_process";
import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { buildIfOlder } from "./older.mjs";
import { say, stop } from "./shell.mjs";

// What the code was made with, which the optimizer may use too.
const WASM_FEATURES = [
  "bulk-memory",
  "exception-handling",
  "multivalue",
  "mutable-globals",
  "nontrapping-float-to-int",
  "reference-types",
  "sign-ext",
];

// What is uploaded is compressed, and gzip finds again what it has seen within 32 kB: the functions that generic code
// was made into are alike, and so are their names, which is why they are sorted by name. To pull a function into its
// only caller makes the whole shorter, but of one long function gzip recognizes less. A second time, it finds a bit more.
const FOR_GZIP = ["-O", "-O", "--one-caller-inline-max-function-size=20", "--reorder-functions-by-name"];

/** Whether functions keep their names, for whoever looks where time goes. */
const ARE_NAMED = process.env.NAMED === "yes";

const TOOLS = fileURLToPath(new URL(".", import.meta.url));

/**
 * Builds the crate in the folder `crate`, unless what is there is up to date. `options` are for `cargo build`; the methods
 * of `unusedClasses` are left out of the wasm.
 */
export function buildWorker(crate = ".", options = [], unusedClasses = []) {
  const build = join(crate, "build");
  say("Building the Worker (about a minute the first time)…");
  const wasm = compile(crate, options);
  buildIfOlder(join(build, "index.js"), [wasm, TOOLS, ".tools/.crates.toml"], () => {
    bind(wasm, build);
    optimize(join(build, "index_bg.wasm"), unusedClasses);
    bundle(join(build, "index.js"));
  });
}

/** Compiles the crate; returns the path of its wasm. */
function compile(crate, options) {
  const target = ["--release", "--lib", "--target", "wasm32-unknown-unknown"];
  const messages = run(
    "cargo",
    ["build", ...target, ...options, "--message-format", "json-render-diagnostics"],
    {
      cwd: crate,
      stdio: ["ignore", "pipe", "inherit"],
      env: { ...process.env, PATH: `${resolve(".tools/wasm/bin")}:${process.env.PATH}` },
    },
  );
  const manifest = resolve(crate, "Cargo.toml");
  const artifacts = messages.split("\n").flatMap((line) => (line ? [JSON.parse(line)] : []));
  const own = artifacts.filter(({ manifest_path }) => manifest_path === manifest);
  return own.flatMap(({ filenames }) => filenames ?? []).find((file) => file.endsWith(".wasm"));
}

/** Makes the JavaScript through which wasm is called, and the wasm that it calls. */
function bind(wasm, build) {
  rmSync(build, { recursive: true, force: true });
  run(".tools/bin/wasm-bindgen", [
    wasm,
    ...["--out-dir", build, "--out-name", "index", "--target", "module", "--no-typescript"],
    // After a panic, `__wbg_reset_state` starts a new instance in the place of the one that ended.
    ...["--experimental-reset-state-function", "--force-enable-abort-handler"],
  ]);
}

function optimize(wasm, unusedClasses) {
  const without = unusedClasses.map((name) => `--remove-exports=*${name}*`);
  const features = WASM_FEATURES.map((name) => `--enable-${name}`);
  const names = ARE_NAMED ? "--debuginfo" : "--strip-debug";
  const options = [...without, ...FOR_GZIP, names, "--strip-producers", ...features];
  run(program("binaryen", "wasm-opt"), [wasm, ...options, "-o", wasm]);
}

/** What a timer or a promise of an ended instance runs into. Nobody waits for what it would do, so it does nothing. */
const TOO_LATE = /throw new Error\((['"])Cannot invoke closure from previous WASM instance\1\)/;

/** One short file of `index.js` and the snippets beside it. The platform knows no `import source`. */
function bundle(index) {
  const text = readFileSync(index, "utf8");
  if (!TOO_LATE.test(text))
    stop("wasm-bindgen's closures have changed: packages/worker/build/worker.mjs has to know.");
  writeFileSync(index, text.replace("import source ", "import ").replace(TOO_LATE, "return"));
  const bundled = `${index}.bundled`;
  const short = ARE_NAMED ? ["--minify-whitespace", "--minify-syntax"] : ["--minify"];
  const options = ["--bundle", ...short, "--format=esm", "--external:./index_bg.wasm", "--log-level=error"];
  run(program("esbuild", "esbuild"), [index, ...options, `--outfile=${bundled}`]);
  renameSync(bundled, index);
  rmSync(join(dirname(index), "snippets"), { recursive: true, force: true });
}

/** The path of a program that an npm package brings, wherever npm has put that. */
function program(name, bin) {
  return join(dirname(createRequire(import.meta.url).resolve(`${name}/package.json`)), "bin", bin);
}

/** Runs a program that has to succeed; returns what it printed, if that was not to be seen. */
function run(program, args, options = {}) {
  const { status, stdout } = spawnSync(program, args, {
    stdio: "inherit",
    encoding: "utf8",
    maxBuffer: 1 << 28,
    ...options,
  });
  if (status !== 0) {
    process.exit(1);
  }
  return stdout;
}
