// npm run migrate -- <store> <where>
//
// Makes the tables of a store, or brings them up to date: those of stores/<store>/, in the database at this URL.

import { resolve } from "node:path";
import { say, stop } from "../packages/worker/build/shell.mjs";
import { fileOf } from "./store-names.ts";

const [store = "", where] = process.argv.slice(2);
if (where === undefined)
  stop("Usage: npm run migrate -- <store> <the URL of the database, or a region of DynamoDB>");
const { migrate } = await import(fileOf(store, "migrate.ts", "The store must be one of these"));
const applied: string[] = await migrate(where, resolve("stores", store, "migrations")).catch((error: Error) =>
  stop(`${store} could not be brought up to date: ${error.message || error.cause || error}`),
);
for (const name of applied) say(`Applied ${name}`);
if (applied.length === 0) say("There was nothing to apply.");
