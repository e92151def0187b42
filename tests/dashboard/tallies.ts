// Tallies in few words, for the tests of what is done with them.

import { BOUNDS_MS, type Histogram, type Outcome, type Tally } from "../../assets/dashboard/protocol.ts";
import { emptyHistogram, emptyTally } from "../../assets/dashboard/sums.ts";

/** A histogram of these durations, counted as the Worker counts them. */
export function histogram(...durationsMs: number[]): Histogram {
  const counted = emptyHistogram();
  for (const ms of durationsMs) {
    const at = BOUNDS_MS.filter((bound) => ms > bound).length;
    counted.buckets[at]! += 1;
    counted.sum_ms += ms;
  }
  return counted;
}

/** So many requests of one operation, by outcome. */
export function requests(counts: Partial<Record<Outcome, number>>, operation = "create_resource"): Tally {
  const outcomes = Object.entries(counts).map(([outcome, count]) => [
    outcome,
    histogram(...Array<number>(count).fill(1)),
  ]);
  return { ...emptyTally(), requests: { [operation]: Object.fromEntries(outcomes) } };
}
