// What isolates hand over, made up: as much at a time as a busy one has.

import { newKey } from "./client.ts";

/** The option of a server that takes such batches, whose instance can be looked at too. */
export const WITH_BATCHES = { around: "batches.js" };

const OPERATIONS = ["create_resource", "create_transaction", "create_audit_log"];
const OUTCOMES = ["executed", "replayed", "in_progress", "mismatch", "validation_failed", "failed"];
const PER_OUTCOME = 14;

/** How many keyed requests a batch tells of. */
export const REQUESTS = OPERATIONS.length * OUTCOMES.length * PER_OUTCOME;

const durations = { buckets: Array(14).fill(PER_OUTCOME / 14), sum_ms: 99_999 };

const by = <T>(names: string[], value: (name: string) => T) =>
  Object.fromEntries(names.map((name) => [name, value(name)]));

/** A batch as an isolate sends it. `padding` is what makes it longer than any that one sends. */
export function batch({ conflicts = 5, padding = 0 } = {}): string {
  const keys = Array.from({ length: conflicts }, newKey);
  const event = () => ({
    at: Date.now(),
    level: "info",
    message: "Returning first result",
    outcome: "executed",
    duration_ms: 12,
    operation: OPERATIONS[0],
    idempotency_key: newKey(),
    caller: "shop",
    correlation_id: newKey(),
  });
  return JSON.stringify({
    tally: {
      requests: by(OPERATIONS, () => by(OUTCOMES, () => durations)),
      operations: by(OPERATIONS, () => durations),
      replays: { memory: 5, object: 3 },
      between_retries: durations,
      records: by([`${Date.now() + 86_400_000}`], () => ({
        processing: 0,
        completed: 40,
        failed: 0,
        bytes: 4e4,
      })),
      mismatches: { shop: 3 },
    },
    events: Array.from({ length: 100 }, event),
    left_out: 300,
    conflicts: by(keys, () => 2),
    padding: "x".repeat(padding),
  });
}

/** Hands `content` over `count` times; resolves with what was said of those that were not taken. */
export async function handOver(address: URL, content: string, count: number): Promise<string[]> {
  const url = new URL(`/__batches?count=${count}`, address);
  return (await (await fetch(url, { method: "POST", body: content })).json()) as string[];
}
