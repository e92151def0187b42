// Whether keys that were used before make later ones dearer: two Workers side by side, one with many keys and one with
// few.

import { type Case, CASES } from "./cases.ts";
import type { Contender } from "./contender.ts";
import { type Generators, measure, type Measured } from "./measure.ts";
import { median } from "./report.ts";

/** What is measured of each. */
const MEASURED = ["first request: resource", "replay from memory"];

export interface Growth {
  keys: { few: number; many: number };
  /** Megabytes that the runtime took after each fifth of the many keys. */
  memoryMb: number[];
  /** By case: the processor time with few keys over that with many, and requests per second the other way round. */
  ratios: Record<string, { cpu: number; requests: number }>;
  target: number;
}

export async function growth(
  generators: Generators,
  { few, many }: Record<"few" | "many", Contender>,
  keys: Growth["keys"],
  { rounds, durationMs }: { rounds: number; durationMs: number },
  tell: (progress: string) => void,
): Promise<Growth> {
  const cases = CASES.filter(({ name }) => MEASURED.includes(name));
  await fill(generators, few, keys.few);
  const memoryMb: number[] = [];
  for (let fifth = 1; fifth <= 5; fifth++) {
    await fill(generators, many, keys.many / 5);
    memoryMb.push(many.processor.memoryMb());
    tell(`growth: ${(keys.many / 5) * fifth} keys, ${memoryMb.at(-1)} MB`);
  }
  const runs = new Map<string, { few: Measured; many: Measured }[]>(cases.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round++)
    for (const which of cases) {
      const bounds = { connections: 8, durationMs };
      runs.get(which.name)!.push({
        few: await measure(generators, few, which, bounds),
        many: await measure(generators, many, which, bounds),
      });
      tell(`growth: round ${round + 1} of ${rounds}, ${which.name}`);
    }
  return {
    keys,
    memoryMb,
    ratios: Object.fromEntries(
      [...runs].map(([name, rounds]) => [
        name,
        {
          cpu: median(rounds.map(({ few, many }) => few.cpuUs / many.cpuUs)),
          requests: median(rounds.map(({ few, many }) => many.requestsPerSecond / few.requestsPerSecond)),
        },
      ]),
    ),
    target: 0.95,
  };
}

/** Begins so many keys. */
async function fill({ load }: Generators, { port }: Contender, requests: number) {
  const { request, answer } = CASES[0] as Case;
  await load.drive({ ...request, ...answer, port, connections: 32, requests });
}
