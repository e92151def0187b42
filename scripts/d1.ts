// How operators' scripts ask D1: by way of wrangler, with the operator's own rights.

import { experimental_readRawConfig as readConfig } from "wrangler";
import { must, stop } from "../packages/worker/build/shell.mjs";

const FAILED = {
  local: "Are the database and its tables in this folder's .wrangler?",
  remote: "Are you signed in, and does the configuration name the database?",
};

/** Options of all these scripts. */
export const OPTIONS = {
  config: { type: "string", default: "wrangler.toml" },
  local: { type: "boolean", default: false },
} as const;

export interface Where {
  config: string;
  local: boolean;
}

/** What `parse` makes of what was typed; if it throws, that and the usage are shown, and the command ends. */
export function typed<T>(usage: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    return stop(`${(error as Error).message}\nUsage: ${usage}`);
  }
}

/** The bindings of the D1 databases in a configuration of wrangler; if there is none, the command ends. */
export function databasesIn({ config }: Where): string[] {
  const databases: { binding: string }[] = rawConfig(config)["d1_databases"] ?? [];
  if (databases.length === 0) return stop(`${config} has no D1 database.`);
  return databases.map(({ binding }) => binding);
}

function rawConfig(config: string) {
  try {
    return readConfig({ config }).rawConfig;
  } catch (error) {
    return stop(`${config} is no configuration that can be read: ${(error as Error).message}`);
  }
}

/** The results of the first of these statements. */
export function execute<Row>(binding: string, sql: string, where: Where): Row[] {
  const output = d1(["execute", binding, "--json", "--command", sql], where);
  return JSON.parse(output)[0].results;
}

/** Runs `wrangler d1`, on the deployed database unless `local`. */
export function d1(args: string[], { config, local }: Where): string {
  const place = local ? "local" : "remote";
  return must("wrangler", ["d1", ...args, `--${place}`, "--config", config], FAILED[place]);
}
