// A virtual Python environment of this checkout, with what requirements.txt lists and nothing else.

import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "../..");
const HOME = join(ROOT, ".tools/schemathesis");
const WANTED = join(import.meta.dirname, "requirements.txt");
const INSTALLED = join(HOME, "requirements.txt");

/** The path of a program of the environment, which is made if it is not there yet. */
export function program(name: string): string {
  if (!existsSync(INSTALLED) || readFileSync(INSTALLED, "utf8") !== readFileSync(WANTED, "utf8")) make();
  return join(HOME, "bin", name);
}

function make() {
  console.log("• Installing Schemathesis (about fifteen seconds, once)…");
  rmSync(HOME, { recursive: true, force: true });
  if (!succeeds("python3", "-m", "venv", HOME)) {
    // Debian packs this module apart.
    const added = succeeds("apt-get", "install", "-y", "--no-install-recommends", "python3-venv");
    if (!added || !succeeds("python3", "-m", "venv", HOME)) {
      throw new Error("Python 3.11 or newer is needed, with its module venv (on Debian, python3-venv).");
    }
  }
  run(join(HOME, "bin/pip"), "install", "--quiet", "--disable-pip-version-check", "--requirement", WANTED);
  run("cp", WANTED, INSTALLED);
}

function succeeds(command: string, ...args: string[]): boolean {
  try {
    run(command, ...args);
    return true;
  } catch {
    return false;
  }
}

function run(command: string, ...args: string[]) {
  execFileSync(command, args, { stdio: ["ignore", "ignore", "inherit"] });
}
