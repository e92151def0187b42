// npm run migrate -- <store> <where>
//
// Makes the tables of a store, or brings them up to date: those of stores/<store>/, in the database at this URL.

import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { say, stop } from "../packages/worker/build/shell.mjs";

const [store = "", where] = process.argv.slice(2);
const folder = resolve("stores", store);
if (!/^[a-z]+$/.test(store) || !existsSync(resolve(folder, "migrate.ts")) || where === undefined)
  stop("Usage: npm run migrate -- <a folder of stores/> <the URL of the database>");
const { migrate } = await import(resolve(folder, "migrate.ts"));
const applied: string[] = await migrate(where, resolve(folder, "migrations"));
for (const name of applied) say(`Applied ${name}`);
if (applied.length === 0) say("There was nothing to apply.");
