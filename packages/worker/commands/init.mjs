// edge-idempotency init [<url>]: writes what `wrangler deploy` needs, where it is not there yet.

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { say } from "../build/shell.mjs";
import { parsed } from "./arguments.mjs";
import { POLICY, urlOf } from "./policy.mjs";

const TEMPLATES = join(import.meta.dirname, "../template");

/** What wrangler would read in the place of `wrangler.toml`, or beside it. */
const OTHER_CONFIGURATIONS = ["wrangler.json", "wrangler.jsonc"];

export function writeDeployment(args) {
  const { url } = parsed(args, "edge-idempotency init [<url>], with the https URL of your API", ["url"]);
  const own = url === undefined ? undefined : urlOf(url);
  const left = [POLICY, "worker.js", "wrangler.toml"].filter((name) => !isWritten(name, own));
  if (left.length > 0) process.exitCode = 1;
  say(own === undefined && !left.includes(POLICY) ? `Fill in your API's URL in ${POLICY}. Then:` : "Then:");
  console.log(`
  npx edge-idempotency check       what the policy comes to
  npx edge-idempotency gateway     serves it at http://localhost:8000
  npx wrangler deploy              deploys it; wrangler.toml says which secrets it takes`);
}

function isWritten(name, url) {
  const there = [name, ...(name === "wrangler.toml" ? OTHER_CONFIGURATIONS : [])].find((file) =>
    existsSync(file),
  );
  if (there !== undefined) {
    say(`${there} exists: ${there === name ? "it stays as it is" : `${name} is not written`}.`);
    return false;
  }
  const text = readFileSync(join(TEMPLATES, name), "utf8");
  writeFileSync(name, url === undefined ? text : filledIn(text, url));
  say(`${name} is written.`);
  return true;
}

function filledIn(text, url) {
  const place = /^ *\/\/ Fill in the https URL of your API\.\n/m;
  return text.replace(place, "").replace('"https://api.example.com"', JSON.stringify(url));
}
