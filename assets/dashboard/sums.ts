// Sums of events, added up and looked at. Pure.

import {
  BOUNDS_MS,
  OUTCOMES,
  type Histogram,
  type Outcome,
  type RecordCount,
  type Tally,
} from "./protocol.ts";

/** Numbers by name. A caller may be called `constructor`: objects here inherit nothing. */
type Tree = { [name: string]: number | Tree };

export function emptyTally(): Tally {
  const names = <T>() => Object.create(null) as Record<string, T>;
  return {
    requests: names(),
    operations: names(),
    replays: names(),
    recovered: 0,
    expired: 0,
    records: names(),
    mismatches: names(),
    between_retries: emptyHistogram(),
    repetitions: [0, 0, 0, 0, 0, 0, 0],
  };
}

export function emptyHistogram(): Histogram {
  return { buckets: Array(BOUNDS_MS.length + 1).fill(0), sum_ms: 0 };
}

/** Adds `more` to `sums`. */
export function add<T extends Tally | Histogram>(sums: T, more: T): T {
  combine(sums as unknown as Tree, more as unknown as Tree, 1);
  return sums;
}

/** What has come from `earlier` to `later`. */
export function difference(later: Tally, earlier: Tally): Tally {
  const sums = add(emptyTally(), later);
  combine(sums as unknown as Tree, earlier as unknown as Tree, -1);
  return sums;
}

function combine(sums: Tree, more: Tree, sign: 1 | -1): void {
  for (const [name, value] of Object.entries(more)) {
    if (typeof value === "number") {
      sums[name] = ((sums[name] as number | undefined) ?? 0) + sign * value;
    } else {
      const own = (sums[name] ??= Array.isArray(value) ? ([] as unknown as Tree) : Object.create(null));
      combine(own as Tree, value, sign);
    }
  }
}

/** Whether `later` can be what `earlier` has become: what is counted never gets less. */
export function continues(later: Tally, earlier: Tally): boolean {
  return Object.entries(earlier.requests).every(([operation, outcomes]) =>
    Object.entries(outcomes).every(
      ([outcome, durations]) =>
        count(durations) <= count(later.requests[operation]?.[outcome as Outcome] ?? emptyHistogram()),
    ),
  );
}

export function count(histogram: Histogram): number {
  return sum(histogram.buckets);
}

export function sum(numbers: Iterable<number>): number {
  return [...numbers].reduce((sum, number) => sum + number, 0);
}

/**
 * The bound, in milliseconds, that `share` (0 to 1) of the durations do not exceed: as the alerts have it. Infinite
 * beyond the last bound, nothing if there are no durations.
 */
export function quantile(histogram: Histogram, share: number): number | undefined {
  const all = count(histogram);
  if (all === 0) return undefined;
  let seen = 0;
  const at = histogram.buckets.findIndex((bucket) => (seen += bucket) > 0 && seen >= all * share);
  return BOUNDS_MS[at] ?? Infinity;
}

/** How many keyed requests had each outcome. */
export function byOutcome({ requests }: Tally): Record<Outcome, number> {
  const counts = Object.fromEntries(OUTCOMES.map((outcome) => [outcome, 0])) as Record<Outcome, number>;
  for (const outcomes of Object.values(requests)) {
    for (const [outcome, durations] of Object.entries(outcomes)) {
      counts[outcome as Outcome] = (counts[outcome as Outcome] ?? 0) + count(durations);
    }
  }
  return counts;
}

/** Replays, as a share of all requests that got the first answer; nothing if there are none. */
export function replayRatio({ executed, replayed }: Record<Outcome, number>): number | undefined {
  return executed + replayed > 0 ? replayed / (executed + replayed) : undefined;
}

/** The records that have not expired by `now`. */
export function livingRecords({ records }: Tally, now: number): Required<RecordCount> {
  const living = Object.entries(records).filter(([until]) => Number(until) >= now);
  const total = (of: keyof RecordCount) => Math.max(0, sum(living.map(([, count]) => count[of] ?? 0)));
  return {
    processing: total("processing"),
    completed: total("completed"),
    failed: total("failed"),
    ambiguous: total("ambiguous"),
    bytes: total("bytes"),
  };
}

/** Forgets the records that have expired by `now`: an open page must not grow for ever. */
export function forgetExpired({ records }: Tally, now: number): void {
  for (const until of Object.keys(records)) if (Number(until) < now) delete records[until];
}

/** The names with the largest numbers, at most `most` of them, the largest first. */
export function largest(numbers: Record<string, number>, most: number): [name: string, number: number][] {
  const positive = Object.entries(numbers).filter(([, number]) => number > 0);
  return positive.sort(([, one], [, other]) => other - one).slice(0, most);
}
