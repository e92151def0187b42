// Whether two samples differ by more than chance: a permutation test of the ratio of their medians.

/** How often the samples are mixed and cut anew. */
const PERMUTATIONS = 1000;

/** How many of those have to be closer together than the samples, for it to count as a difference. */
const CONFIDENCE = 0.99;

export interface Comparison {
  medians: [number, number];
  /** The first median in parts of the second. */
  ratio: number;
  /** How far the ratio is from 1 at most, in 99 of 100 cases, if there is no difference. */
  byChance: number;
}

export function compare(one: number[], other: number[]): Comparison {
  const all = Float64Array.from([...one, ...other]);
  const distances = Array.from({ length: PERMUTATIONS }, () => {
    shuffle(all);
    return Math.abs(median(all.slice(0, one.length)) / median(all.slice(one.length)) - 1);
  });
  distances.sort((a, b) => a - b);
  const medians: [number, number] = [median(Float64Array.from(one)), median(Float64Array.from(other))];
  const byChance = distances[Math.floor(PERMUTATIONS * CONFIDENCE)]!;
  return { medians, ratio: medians[0] / medians[1], byChance };
}

function median(sample: Float64Array): number {
  const sorted = sample.sort();
  return sorted[sorted.length >> 1]!;
}

function shuffle(values: Float64Array): void {
  for (let left = values.length; left > 1; left--) {
    const at = Math.floor(Math.random() * left);
    [values[left - 1], values[at]] = [values[at]!, values[left - 1]!];
  }
}
