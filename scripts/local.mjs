// What `wrangler dev` needs beside the build, of which it makes this the last step: the tables in its local database, and
// a word on who may call. No other command of wrangler gets either.

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { must, say } from "./shell.mjs";

// It stands beside the database, and goes when that is deleted.
const APPLIED = ".wrangler/state/migrations";

if (process.env.WRANGLER_COMMAND === "dev") {
  createTables();
  if (/^AUTH=off$/m.test(textOf(".dev.vars"))) {
    say("Callers are not checked: .dev.vars has AUTH=off. What is deployed checks them.");
  }
}

/** Applies the migrations, unless these have been applied to this database before: to ask wrangler takes seconds. */
function createTables() {
  // Which database it is stands in the configuration.
  const wanted = [...readdirSync("migrations").sort(), textOf("wrangler.toml")].join("\n");
  if (textOf(APPLIED) === wanted) return;
  say("Creating tables in the local database (a few seconds)…");
  must("node_modules/.bin/wrangler", ["d1", "migrations", "apply", "DB", "--local"], "", {
    // It asks nobody then.
    env: { ...process.env, CI: "true" },
  });
  mkdirSync(".wrangler/state", { recursive: true });
  writeFileSync(APPLIED, wanted);
}

function textOf(file) {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
