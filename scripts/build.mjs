// Compiles the crate to build/ and puts the static assets together in public/: what wrangler runs, checks and deploys.
// With the folder of another crate of the workspace as its argument, it compiles that one in the same way.

import { readdirSync, statSync, utimesSync } from "node:fs";
import { join, resolve } from "node:path";
import { spawnSync } from "node:child_process";
import { buildAssets } from "./assets.mjs";
import { say } from "./shell.mjs";

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
// only caller makes the whole shorter, but of one long function gzip recognizes less.
const FOR_GZIP = ["-O", "--one-caller-inline-max-function-size=20", "--reorder-functions-by-name"];

// Classes that the `worker` crate shows to JavaScript and of which this service makes no object: the methods would stay
// because they could be called. Whoever comes to use one takes its name out here, or it fails when it is made.
const UNUSED_CLASSES = ["intounderlying", "containerstartupoptions", "minifyconfig", "r2range"];

const crate = process.argv[2] ?? ".";
const wasm = join(crate, "build/index_bg.wasm");

buildIfOlder(
  wasm,
  [
    join(crate, "src"),
    join(crate, "Cargo.toml"),
    "Cargo.toml",
    "Cargo.lock",
    "scripts",
    ".tools/.crates.toml",
  ],
  () => {
    say("Building the Worker (one to two minutes the first time)…");
    run(resolve(".tools/bin/worker-build"), ["--release"], {
      cwd: crate,
      env: {
        ...process.env,
        PATH: `${resolve(".tools/wasm/bin")}:${process.env.PATH}`,
        // Each of them would be downloaded if it were not named.
        WASM_BINDGEN_BIN: resolve(".tools/bin/wasm-bindgen"),
        ESBUILD_BIN: resolve("node_modules/.bin/esbuild"),
      },
    });
    const features = WASM_FEATURES.map((name) => `--enable-${name}`);
    const without = UNUSED_CLASSES.map((name) => `--remove-exports=*${name}*`);
    run("node_modules/.bin/wasm-opt", [
      wasm,
      ...without,
      ...FOR_GZIP,
      "--strip-debug",
      ...features,
      "-o",
      wasm,
    ]);
  },
);

if (crate === ".")
  buildIfOlder("public/docs/page.js", ["assets", "scripts", "package-lock.json"], buildAssets);

function run(program, args, options = {}) {
  const { status } = spawnSync(program, args, { stdio: "inherit", ...options });
  if (status !== 0) {
    process.exit(1);
  }
}

function buildIfOlder(output, inputs, build) {
  const started = new Date();
  if (inputs.some((input) => isNewer(input, output))) {
    build();
    // A file saved while the build ran is newer than what was read.
    utimesSync(output, started, started);
  }
}

/** Folders count with their own time too: it changes when a file in them goes away. */
function isNewer(input, output) {
  const { mtimeMs } = statSync(output, { throwIfNoEntry: false }) ?? { mtimeMs: 0 };
  const inside = statSync(input).isDirectory() ? readdirSync(input, { recursive: true }) : [];
  return [input, ...inside.map((name) => join(input, name))].some((path) => statSync(path).mtimeMs > mtimeMs);
}
