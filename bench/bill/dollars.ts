// What counts cost at Cloudflare's list prices. docs/cost.md names the pages and their dates.

import type { Counts, Name } from "./promises.ts";

/** Dollars per million beyond what the plan includes. */
export const PRICES = {
  workerRequests: 0.3,
  cpu_ms: 0.02,
  objectRequests: 0.15,
  gb_s: 12.5,
  rowsRead: 0.001,
  rowsWritten: 1,
  kvReads: 0.5,
  kvWrites: 5,
  logEvents: 0.6,
};

/** An object that is active is billed for this much memory, whatever it uses. */
const OBJECT_GB = 0.128;

/** What was not counted but assumed, because it depends on where things run: how long an object is active for a request
 * and how long a Worker computes, with and without an operation. */
export const ASSUMED = {
  operation: { object_ms: 50, cpu_ms: 2 },
  answer: { object_ms: 5, cpu_ms: 1 },
};

export const PARTS = ["Worker", "object requests", "object time", "object rows", "KV", "D1 rows"] as const;

export type Dollars = Record<(typeof PARTS)[number], number> & { total: number; logs: number };

/** What a million of what has these counts costs. Logs are no part of the total: they can be sampled. */
export function dollars(counts: Counts): Dollars {
  const of = (name: Name) => counts[name] ?? 0;
  const { object_ms, cpu_ms } = of("objectRowsWritten") > 1 ? ASSUMED.operation : ASSUMED.answer;
  // KV is asked where the object has been silent for a second.
  const active_s = object_ms / 1000 + of("kvReads");
  const invocations = of("workerRequests") + of("objectRequests");
  const parts = {
    Worker: of("workerRequests") * (PRICES.workerRequests + cpu_ms * PRICES.cpu_ms),
    "object requests": of("objectRequests") * PRICES.objectRequests,
    "object time": of("objectRequests") * active_s * OBJECT_GB * PRICES.gb_s,
    "object rows": rows(of("objectRowsRead"), of("objectRowsWritten")),
    KV: of("kvReads") * PRICES.kvReads + of("kvWrites") * PRICES.kvWrites,
    "D1 rows": rows(of("d1RowsRead"), of("d1RowsWritten")),
  };
  const total = PARTS.reduce((sum, part) => sum + parts[part], 0);
  return { ...parts, total, logs: (of("logLines") + invocations) * PRICES.logEvents };
}

function rows(read: number, written: number): number {
  return read * PRICES.rowsRead + written * PRICES.rowsWritten;
}
