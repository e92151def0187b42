// Fails if what others download has grown beyond its budget. The program `gzip` measures, for Node's own packs less tightly;
// without the file's name, which nobody downloads.

import { execFileSync } from "node:child_process";
import { say, stop } from "../packages/worker/build/shell.mjs";

/** The most bytes that a file may have with `gzip -9`, and what to read if it has more. */
const BUDGETS = [
  // A free plan takes 3 MB, and what is less starts sooner.
  ["build/index_bg.wasm", 405_000, "What takes how much is in docs/dependencies.md."],
  // Every page that uses it loads it.
  [
    "packages/client/dist/index.js",
    3_000,
    "It is the client's core: what only some need is a module of its own.",
  ],
  ["packages/client/dist/stores/indexeddb.js", 1_000, "It is one of the client's stores."],
  ["packages/client/dist/outbox.js", 1_500, "It is the client's outbox."],
];

for (const [file, most, advice] of BUDGETS) {
  const bytes = execFileSync("gzip", ["-9nc", file], { maxBuffer: 1 << 28 }).length;
  const told = `${file} has ${bytes} bytes with gzip -9, of ${most} that it may have.`;
  if (bytes > most) stop(`${told} ${advice}`);
  say(told);
}
