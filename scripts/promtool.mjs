// Finds Prometheus' promtool for the test of the metrics, or unpacks Debian's into .tools/promtool/, and leaves its path
// in .tools/promtool.path.

import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { must, run, say, stop } from "../packages/worker/build/shell.mjs";

const FOUND = ".tools/promtool.path";
const HOME = ".tools/promtool";

if (!existsSync(FOUND) || !runs(readFileSync(FOUND, "utf8"))) {
  writeFileSync(FOUND, runs("promtool") ? "promtool" : unpacked());
}

function runs(program) {
  return run(program, ["--version"]).ok;
}

/** Unpacked, not installed: the package would bring a server that starts by itself. */
function unpacked() {
  const missing = "Install Prometheus: a test checks the metrics with its promtool.";
  if (!run("apt-get", ["--version"]).ok) {
    stop(missing);
  }
  say("Fetching promtool for the test of the metrics (some seconds, once)…");
  mkdirSync(HOME, { recursive: true });
  // Who is not root has the machine's lists as they are.
  run("apt-get", ["update"]);
  must("apt-get", ["download", "prometheus"], missing, { cwd: HOME });
  const archive = readdirSync(HOME).find((name) => name.endsWith(".deb"));
  must("dpkg", ["-x", archive, "."], missing, { cwd: HOME });
  return `${HOME}/usr/bin/promtool`;
}
