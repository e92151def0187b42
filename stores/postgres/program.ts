// Finds PostgreSQL, or unpacks Debian's into .tools/postgres/.

import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { must, run, say } from "../../packages/worker/build/shell.mjs";

const HOME = resolve(import.meta.dirname, "../../.tools/postgres");
/** Where Debian has the programs of all versions, which are not on anybody's PATH. */
const DEBIANS = "usr/lib/postgresql";
const MISSING = "Install PostgreSQL 14 or newer: operations are to write to it.";

interface Program {
  /** The folder of `postgres` and `initdb`. */
  bin: string;
  env: NodeJS.ProcessEnv;
}

export function program(): Program {
  return installed() ?? unpacked() ?? fetched();
}

function installed(): Program | undefined {
  const found = run("sh", ["-c", 'readlink -f "$(command -v initdb)"']);
  const bin = found.ok && found.output !== "" ? dirname(found.output) : newest("/");
  return bin === undefined || !existsSync(join(bin, "postgres")) ? undefined : { bin, env: process.env };
}

function unpacked(): Program | undefined {
  const bin = newest(HOME);
  if (bin === undefined) return undefined;
  const libraries = ["usr/lib", "lib"].flatMap((folder) => libraryFolders(join(HOME, folder)));
  return { bin, env: { ...process.env, LD_LIBRARY_PATH: libraries.join(":") } };
}

/** Unpacked, not installed: the package would bring a server that starts by itself. */
function fetched(): Program {
  if (!run("apt-get", ["--version"]).ok) throw new Error(MISSING);
  say("Fetching PostgreSQL (half a minute, once)…");
  mkdirSync(HOME, { recursive: true });
  run("apt-get", ["update"]);
  const latest = /postgresql-\d+/.exec(must("apt-cache", ["depends", "postgresql"], MISSING))?.[0];
  if (latest === undefined) throw new Error(MISSING);
  must("apt-get", ["download", latest, ...librariesOf(latest)], MISSING, { cwd: HOME });
  for (const archive of readdirSync(HOME).filter((name) => name.endsWith(".deb")))
    must("dpkg", ["-x", archive, "."], MISSING, { cwd: HOME });
  const found = unpacked();
  if (found === undefined) throw new Error(MISSING);
  return found;
}

/** All that it is linked with, but the C library, which is the machine's, and LLVM, which it does without. */
function librariesOf(name: string): string[] {
  const options = ["--no-recommends", "--no-suggests", "--no-conflicts", "--no-breaks", "--no-replaces"];
  const closure = must("apt-cache", ["depends", "--recurse", "--no-enhances", ...options, name], MISSING);
  const libraries = closure.split("\n").filter((line) => /^lib(?!c6|c-|llvm|perl)/.test(line));
  // Some are names for others.
  const known = run("apt-cache", ["show", "--no-all-versions", ...libraries]).output;
  return libraries.filter((library) => known.split("\n").includes(`Package: ${library}`));
}

function newest(root: string): string | undefined {
  const folder = join(root, DEBIANS);
  const versions = existsSync(folder) ? readdirSync(folder) : [];
  const [latest] = versions.sort((one, other) => Number(other) - Number(one));
  return latest === undefined ? undefined : join(folder, latest, "bin");
}

function libraryFolders(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const triplets = readdirSync(folder).filter((name) => name.endsWith("-linux-gnu"));
  return [folder, ...triplets.map((name) => join(folder, name))];
}
