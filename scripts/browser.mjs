// Finds a browser for the tests of pages, or installs one, and leaves its path in .tools/browser.
//
// 1. Chromium or Chrome, as it is on most machines of people who write pages.
// 2. Debian's Chromium, where this may install it.
// 3. The one that Playwright brings, into this checkout.

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { must, run, say, stop } from "../packages/worker/build/shell.mjs";

const FOUND = ".tools/browser";

const PROGRAMS = [
  "chromium",
  "chromium-browser",
  "google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
];

if (!existsSync(FOUND) || !runs(readFileSync(FOUND, "utf8"))) {
  writeFileSync(FOUND, absolute(PROGRAMS.find(runs) ?? installed()));
}

function runs(program) {
  return run(program, ["--version"]).ok;
}

/** Playwright takes no name that the shell would have to look for. */
function absolute(program) {
  return program.includes("/") ? program : run("sh", ["-c", `command -v ${program}`]).output;
}

function installed() {
  say("Installing a browser for the tests of pages (about a minute, once)…");
  const isRoot = process.getuid() === 0;
  if (isRoot && run("apt-get", ["update"]).ok) {
    const options = { env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" } };
    must("apt-get", ["install", "-y", "--no-install-recommends", "chromium"], "", options);
    return "chromium";
  }
  const home = resolve(".tools/browsers");
  const options = { env: { ...process.env, PLAYWRIGHT_BROWSERS_PATH: home } };
  const { ok, output } = run("node_modules/.bin/playwright-core", ["install", "chromium"], options);
  const where = "import('playwright-core').then(({ chromium }) => console.log(chromium.executablePath()))";
  const path = run(process.execPath, ["-e", where], options).output;
  if (!ok || !runs(path)) {
    stop(`${output}\n\nInstall Chromium or Chrome: the tests look at pages with it.`);
  }
  return path;
}
