// How operators' scripts ask D1: by way of wrangler, with the operator's own rights.

import { experimental_readRawConfig as readConfig } from "wrangler";
import { must, stop } from "../packages/worker/build/shell.mjs";

const FAILED = "Are you signed in, and does the configuration name the database?";

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

/** The bindings of the D1 databases in a configuration of wrangler. */
export function databasesIn({ config }: Where): string[] {
  const { d1_databases: databases = [] } = readConfig({ config }).rawConfig;
  return databases.map(({ binding }: { binding: string }) => binding);
}

/** The results of the first of these statements. */
export function execute<Row>(binding: string, sql: string, where: Where): Row[] {
  const output = d1(["execute", binding, "--json", "--command", sql], where);
  return JSON.parse(output)[0].results;
}

/** Runs `wrangler d1`, on the deployed database unless `local`. */
export function d1(args: string[], { config, local }: Where): string {
  return must("wrangler", ["d1", ...args, local ? "--local" : "--remote", "--config", config], FAILED);
}
