// What makes and compiles the clients, installed into this folder; only a Java compiler comes from the system.

import { execFileSync, spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { environment } from "../../scripts/python.ts";

const HERE = import.meta.dirname;
export const CACHE = join(HERE, ".cache");

const LOCK = join(HERE, "package-lock.json");
const INSTALLED = join(HERE, "node_modules/installed.json");

/** Where the programs are, for PATH. */
export function install(): string {
  mkdirSync(CACHE, { recursive: true });
  const python = environment(join(CACHE, "python"), join(HERE, "requirements.txt"));
  installNodePackages();
  installJava();
  const own = [python, join(HERE, "node_modules/.bin"), join(HERE, "../../node_modules/.bin")];
  return [...own, process.env["PATH"]].join(delimiter);
}

/** openapi-generator's own jar, which holds the Jackson that its clients in Java need. */
export function jacksonJar(): string {
  const where = "import openapi_generator_cli as cli; print(cli.__path__[0])";
  const folder = execFileSync(join(CACHE, "python/bin/python"), ["-c", where], { encoding: "utf8" }).trim();
  return join(folder, "openapi-generator.jar");
}

function installNodePackages() {
  if (existsSync(INSTALLED) && readFileSync(INSTALLED).equals(readFileSync(LOCK))) return;
  console.log("• Installing npm packages (about ten seconds, once)…");
  must("npm", ["ci", "--ignore-scripts", "--no-progress"], "npm could not install the generators.");
  copyFileSync(LOCK, INSTALLED);
}

function installJava() {
  if (succeeds("javac", ["-version"])) return;
  console.log("• Installing a Java compiler (about a minute, once)…");
  const args = ["install", "-y", "--no-install-recommends", "default-jdk-headless"];
  succeeds("apt-get", ["update"]);
  must(
    "apt-get",
    args,
    "A Java compiler of version 17 or newer is needed (on Debian, default-jdk-headless).",
  );
}

function succeeds(program: string, args: string[]): boolean {
  const options = { cwd: HERE, env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" } };
  return spawnSync(program, args, { ...options, stdio: "ignore" }).status === 0;
}

function must(program: string, args: string[], otherwise: string) {
  if (!succeeds(program, args)) throw new Error(otherwise);
}
