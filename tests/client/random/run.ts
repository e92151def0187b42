// npm run client:random -- [--seed <n>] [--seeds <n>] [--intents <n>]
//
// Clients pursue intents over a network that fails, and die meanwhile. With --seeds, so many runs, one seed after the other.

import { parseArgs } from "node:util";
import "../built.ts";

const { runIntents } = await import("./intents.ts");

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: `${Math.floor(Math.random() * 2 ** 31)}` },
    seeds: { type: "string", default: "1" },
    intents: { type: "string", default: "1000" },
  },
});
const [seed, seeds, intents] = [values.seed, values.seeds, values.intents].map(whole) as [
  number,
  number,
  number,
];

for (let next = seed; next < seed + seeds; next++) {
  const began = performance.now();
  const { violations, figures } = await runIntents({ seed: next, intents }, (progress) =>
    console.error(progress),
  );
  const { faults, ...counts } = figures;
  console.log(`seed ${next}, ${Math.round((performance.now() - began) / 1000)} s: ${tell(counts)}`);
  console.log(`  faults: ${tell(faults)}`);
  for (const violation of violations) console.log(`  VIOLATION: ${violation}`);
  if (violations.length > 0) process.exitCode = 1;
}

function tell(counts: Record<string, number>): string {
  const told = Object.entries(counts).map(([name, count]) => `${count} ${name}`);
  return told.join(", ");
}

function whole(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new Error(`a whole number above 0 is needed, not ${text}`);
  return value;
}
