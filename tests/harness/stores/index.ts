// The stores that tests can be run against: `STORE=postgres npx vitest …`. Without the variable it is D1.

import { postgres } from "./postgres.ts";
import type { Kind } from "./store.ts";

export const KINDS: Record<string, Kind> = { postgres };

/** The one that this run is about, if it is not D1. */
export const STORE = process.env["STORE"] === "d1" ? undefined : process.env["STORE"];

/** Where global.ts has started its server. */
export const ADDRESS = "STORE_ADDRESS";

export function kindOf(name: string): Kind {
  const kind = KINDS[name];
  if (!kind) throw new Error(`STORE must be d1, ${Object.keys(KINDS).join(" or ")}, not ${name}`);
  return kind;
}
