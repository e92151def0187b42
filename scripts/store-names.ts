// Which folders of stores/ can do what.

import { existsSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { stop } from "../packages/worker/build/shell.mjs";

/** The path of a store's file, from the checkout's root. Another name than that of a store that has it ends the command. */
export function fileOf(store: string, file: string, message: string): string {
  const names = readdirSync("stores").filter((name) => existsSync(join("stores", name, file)));
  if (!names.includes(store)) stop(`${message}: ${names.sort().join(", ")}.`);
  return resolve("stores", store, file);
}
