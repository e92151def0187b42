// How operators' scripts ask D1: by way of wrangler, with the operator's own rights.

import { parseArgs } from "node:util";
import { experimental_readRawConfig as readConfig } from "wrangler";
import { must, stop } from "../packages/worker/build/shell.mjs";

const FAILED = "Are you signed in, and does the configuration name the database?";

/** Of all these scripts. */
const OPTIONS = {
  config: { type: "string", default: "wrangler.toml" },
  local: { type: "boolean", default: false },
};

/** What was typed: `own` are options of one script alone. `isRight` is given values and positionals. */
export function read(usage, own, isRight) {
  try {
    const { values, positionals } = parseArgs({ options: { ...OPTIONS, ...own }, allowPositionals: true });
    if (isRight(values, positionals)) return { ...values, positionals };
  } catch (error) {
    stop(`${error.message}\nUsage: ${usage}`);
  }
  return stop(`Usage: ${usage}`);
}

/** The bindings of the D1 databases in a configuration of wrangler. */
export function databasesIn({ config }) {
  const { d1_databases: databases = [] } = readConfig({ config }).rawConfig;
  return databases.map(({ binding }) => binding);
}

/** The results of the first of these statements. */
export function execute(binding, sql, options) {
  const output = d1(["execute", binding, "--json", "--command", sql], options);
  return JSON.parse(output)[0].results;
}

/** Runs `wrangler d1`, on the deployed database unless `local`. */
export function d1(args, { config, local }) {
  return must("wrangler", ["d1", ...args, local ? "--local" : "--remote", "--config", config], FAILED);
}
