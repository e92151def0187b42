// A virtual Python environment inside this checkout, with what a file of requirements lists and nothing else.

import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { basename, join } from "node:path";

/** The folder of programs of the environment `home`, which is made if it is not there yet or has other packages. */
export function environment(home: string, requirements: string): string {
  const installed = join(home, basename(requirements));
  const isCurrent = existsSync(installed) && readFileSync(installed).equals(readFileSync(requirements));
  if (!isCurrent) make(home, requirements);
  return join(home, "bin");
}

function make(home: string, requirements: string) {
  console.log("• Installing Python packages (about fifteen seconds, once)…");
  rmSync(home, { recursive: true, force: true });
  if (!succeeds("python3", "-m", "venv", home)) {
    // Debian packs this module apart.
    const added = succeeds("apt-get", "install", "-y", "--no-install-recommends", "python3-venv");
    if (!added || !succeeds("python3", "-m", "venv", home)) {
      throw new Error("Python 3.11 or newer is needed, with its module venv (on Debian, python3-venv).");
    }
  }
  const pip = join(home, "bin/pip");
  run(pip, "install", "--quiet", "--disable-pip-version-check", "--requirement", requirements);
  run("cp", requirements, home);
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
