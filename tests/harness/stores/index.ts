// The stores that tests can be run against: `STORE=postgres npx vitest …`. Without the variable it is one D1 database, and
// with `STORE=databases` it is four.

import { dynamodb } from "./dynamodb.ts";
import { mongodb } from "./mongodb.ts";
import { postgres } from "./postgres.ts";
import type { Kind } from "./store.ts";

export const KINDS: Record<string, Kind> = { dynamodb, mongodb, postgres };

export const { STORE: NAME = "d1" } = process.env;

/** The bindings of the D1 databases, if this run is about many. */
export const DATABASES = NAME === "databases" ? ["DB", "DB_2", "DB_3", "DB_4"] : [];

/** The store that this run is about, if it is not D1. */
export const STORE = NAME === "d1" || NAME === "databases" ? undefined : NAME;

/** Where global.ts has started its server. */
export const ADDRESS = "STORE_ADDRESS";

export function kindOf(name: string): Kind {
  const kind = KINDS[name];
  if (!kind) throw new Error(`STORE must be d1, databases, ${Object.keys(KINDS).join(" or ")}, not ${name}`);
  return kind;
}
