// Whether keys that were used before make later ones dearer: of each kind two Workers side by side, one with many keys
// and one with few. The floor has made as many objects and rows, so that it shows what of it is the platform's.

import { type Case, CASES, RESOURCE } from "./cases.ts";
import type { Contender } from "./contender.ts";
import { type Generators, measure, type Measured, type Measurement } from "./measure.ts";
import { median } from "./report.ts";

/** What is measured of each. */
const MEASURED = ["first request: resource", "replay from memory"];
const FLOOR = "F4";

export interface Growth {
  keys: { few: number; many: number };
  /** Megabytes that the runtime took after each fifth of the many keys, and that of the floor. */
  memoryMb: number[];
  floorMemoryMb: number[];
  /** By case: the processor time with few keys over that with many, and requests per second the other way round. */
  ratios: Record<string, { cpu: number; requests: number }>;
  target: number;
}

export interface Grown {
  few: Contender;
  many: Contender;
  fewFloor: Contender;
  manyFloor: Contender;
}

export async function growth(
  generators: Generators,
  grown: Grown,
  keys: Growth["keys"],
  bounds: { rounds: number; durationMs: number },
  tell: (progress: string) => void,
): Promise<Growth> {
  const cases = CASES.filter(({ name }) => MEASURED.includes(name));
  const { request, answer } = cases[0]!;
  const first = { ...request, ...answer };
  const floor = { ...first, path: `/${FLOOR}` };
  await fill(generators, grown.few, first, keys.few);
  await fill(generators, grown.fewFloor, floor, keys.few);
  const memoryMb: number[] = [];
  const floorMemoryMb: number[] = [];
  for (let fifth = 1; fifth <= 5; fifth++) {
    await fill(generators, grown.many, first, keys.many / 5);
    memoryMb.push(grown.many.processor.memoryMb());
    await fill(generators, grown.manyFloor, floor, keys.many / 5);
    floorMemoryMb.push(grown.manyFloor.processor.memoryMb());
    tell(
      `growth: ${(keys.many / 5) * fifth} keys, ${memoryMb.at(-1)} MB, the floor ${floorMemoryMb.at(-1)} MB`,
    );
  }

  const compared: Compared[] = [
    ...cases.map((which) => ({ name: which.name, what: which, few: grown.few, many: grown.many })),
    {
      name: FLOOR,
      what: { request: { ...RESOURCE, path: floor.path }, keys: "new", answer },
      few: grown.fewFloor,
      many: grown.manyFloor,
    },
  ];
  const ratios = await compare(generators, compared, bounds, tell);
  return { keys, memoryMb, floorMemoryMb, ratios, target: 0.95 };
}

interface Compared {
  name: string;
  what: Measurement;
  few: Contender;
  many: Contender;
}

async function compare(
  generators: Generators,
  compared: Compared[],
  { rounds, durationMs }: { rounds: number; durationMs: number },
  tell: (progress: string) => void,
): Promise<Growth["ratios"]> {
  const bounds = { connections: 8, durationMs };
  const runs = new Map<string, { few: Measured; many: Measured }[]>(compared.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round++)
    for (const { name, what, few, many } of compared) {
      runs.get(name)!.push({
        few: await measure(generators, few, what, bounds),
        many: await measure(generators, many, what, bounds),
      });
      tell(`growth: round ${round + 1} of ${rounds}, ${name}`);
    }
  return Object.fromEntries(
    [...runs].map(([name, rounds]) => [
      name,
      {
        cpu: median(rounds.map(({ few, many }) => few.cpuUs / many.cpuUs)),
        requests: median(rounds.map(({ few, many }) => many.requestsPerSecond / few.requestsPerSecond)),
      },
    ]),
  );
}

/** Begins so many keys. */
async function fill(
  { load }: Generators,
  { port }: Contender,
  first: Case["request"] & Case["answer"],
  requests: number,
) {
  await load.drive({ ...first, port, connections: 32, requests });
}
