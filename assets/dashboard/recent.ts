// The last five minutes: what came when, and what it makes per second. Pure.

import { OUTCOMES, type Histogram, type Outcome, type Tally } from "./protocol.ts";
import { add, byOutcome, emptyHistogram, emptyTally, quantile } from "./sums.ts";

export const RECENT_MS = 5 * 60_000;

/** What came after `from` and not after `to`. */
export interface Part {
  from: number;
  to: number;
  tally: Tally;
}

export class Recent {
  #parts: Part[] = [];

  add(part: Part): void {
    // What came in a moment would be infinitely many a second.
    this.#parts.push({ ...part, from: Math.min(part.from, part.to - 1000) });
    this.#parts = this.#parts.filter(({ to }) => to > part.to - RECENT_MS);
  }

  clear(): void {
    this.#parts = [];
  }

  /** The sums of what came after `since`. */
  sums(since: number): Tally {
    const sums = emptyTally();
    for (const { to, tally } of this.#parts) if (to > since) add(sums, tally);
    return sums;
  }

  /** How many requests a second there were in the `seconds` before `end`, by outcome. */
  rates(end: number, seconds: number): { times: number[]; rates: Record<Outcome, number[]> } {
    const start = end - seconds * 1000;
    const times = Array.from({ length: seconds }, (_, second) => start + second * 1000);
    const rates = Object.fromEntries(OUTCOMES.map((outcome) => [outcome, times.map(() => 0)]));
    for (const part of this.#parts.filter(({ to }) => to > start)) {
      const shares = times.map((time) => shareWithin(part, time, time + 1000));
      for (const [outcome, count] of Object.entries(byOutcome(part.tally))) {
        if (count > 0) shares.forEach((share, second) => (rates[outcome]![second]! += share * count));
      }
    }
    return { times, rates: rates as Record<Outcome, number[]> };
  }

  /** How many requests a second there were on average in the `seconds` before `end`. */
  rate(end: number, seconds: number): number {
    const { rates } = this.rates(end, seconds);
    return (
      Object.values(rates)
        .flat()
        .reduce((sum, rate) => sum + rate, 0) / seconds
    );
  }

  /**
   * What `share` of each operation's attempts did not exceed, in each of so many slices of `sliceMs`. The last one is
   * the one with `end`.
   */
  quantiles(end: number, slices: number, sliceMs: number, share: number) {
    const last = Math.floor(end / sliceMs);
    const times = Array.from({ length: slices }, (_, slice) => (last - slices + 1 + slice) * sliceMs);
    const sums: Record<string, Histogram[]> = Object.create(null);
    for (const { to, tally } of this.#parts) {
      const slice = Math.floor((to - times[0]!) / sliceMs);
      for (const [operation, durations] of Object.entries(tally.operations)) {
        const own = (sums[operation] ??= times.map(emptyHistogram));
        if (own[slice]) add(own[slice], durations);
      }
    }
    const operations = Object.entries(sums).map(
      ([operation, slices]) => [operation, slices.map((slice) => quantile(slice, share))] as const,
    );
    return { times, quantiles: Object.fromEntries(operations) };
  }
}

/** Which share of the part came between `start` and `end`, if it came evenly. */
function shareWithin({ from, to }: Part, start: number, end: number): number {
  return Math.max(0, Math.min(to, end) - Math.max(from, start)) / (to - from);
}
