// What `wrangler dev` needs beside the build: the tables in its local database, and a word on who may call. No other
// command of wrangler gets either.

import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { must, say } from "./shell.mjs";

// Where wrangler keeps the local databases, unless it is called with --persist-to.
const DATABASES = ".wrangler/state/v3/d1";

// It stands beside the databases, and goes when they are deleted.
const APPLIED = `${DATABASES}/migrations-applied`;

/** Makes the tables if it is `wrangler dev` that builds, and says who may call. */
export function createTables() {
  if (process.env.WRANGLER_COMMAND !== "dev") return;
  if (existsSync("migrations")) applyMigrations();
  if (/^AUTH=off$/m.test(textOf(".dev.vars"))) {
    say("Callers are not checked, unless you override AUTH=off of .dev.vars. What is deployed checks them.");
  }
}

/** Applies the migrations, unless these have been applied to this database before: to ask wrangler takes seconds. */
function applyMigrations() {
  // Which database it is stands in the configuration.
  const wanted = [...readdirSync("migrations").sort(), textOf("wrangler.toml")].join("\n");
  if (textOf(APPLIED) === wanted) return;
  say("Creating tables in the local database (a few seconds)…");
  must("node_modules/.bin/wrangler", ["d1", "migrations", "apply", "DB", "--local"], "", {
    // It asks nobody then.
    env: { ...process.env, CI: "true" },
  });
  mkdirSync(DATABASES, { recursive: true });
  writeFileSync(APPLIED, wanted);
}

function textOf(file) {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
