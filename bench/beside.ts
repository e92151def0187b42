// npm run bench:beside -- <checkout> [--rounds <n>] [--seconds <n>] [--connections <n>] [--only <pattern of names>]
//
// Holds this checkout's bundle against that of another one, which has been built there by `npm run bundle`: every case in
// turn, one after the other, in a runtime of each. It says how far the rounds spread, and never fails for a time.

import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { startApi } from "./api.ts";
import { makeCallers } from "./callers.ts";
import { CASES } from "./cases.ts";
import { type Bundle, type Contender, ROOT, start } from "./contender.ts";
import { Generator, measure } from "./measure.ts";
import { median, quantile } from "./report.ts";
import { workersOf } from "./workers.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: "string", default: "9" },
    seconds: { type: "string", default: "1" },
    connections: { type: "string", default: "8" },
    only: { type: "string", default: "" },
  },
});
const [other] = positionals;
if (other === undefined) {
  console.error("Name the folder of the checkout to compare with: npm run bench:beside -- ../before");
  process.exit(1);
}
const bounds = { connections: Number(values.connections), durationMs: Number(values.seconds) * 1000 };
const callers = await makeCallers();
const api = await startApi(callers.key);
const sides = {
  here: await workersOf(ROOT, api.url),
  there: await workersOf(resolve(other), api.url),
};
const generators = { load: new Generator(), before: new Generator() };
const started = new Map<Bundle, Contender>();

console.log(`CPU of workerd for one request, in µs: medians of ${values.rounds} rounds in turn.`);
for (const which of CASES.filter(({ name }) => new RegExp(values.only).test(name))) {
  const found: Record<keyof typeof sides, number[]> = { here: [], there: [] };
  for (let round = 0; round < Number(values.rounds); round++)
    // Whoever is second finds the machine as the first has left it, so they take turns in that too.
    for (const side of round % 2 === 0 ? (["here", "there"] as const) : (["there", "here"] as const)) {
      const contender = await running(sides[side][which.worker ?? "ours"]);
      const authorizations = which.callers && callers.authorizations[which.callers];
      found[side].push((await measure(generators, contender, { ...which, authorizations }, bounds)).cpuUs);
    }
  const ratios = found.here.map((cpu, round) => cpu / found.there[round]!);
  const [low, high] = [0.25, 0.75].map((part) => quantile(ratios, part).toFixed(2));
  console.log(
    `${which.name.padEnd(32)} here ${median(found.here).toFixed(0).padStart(6)}  there ` +
      `${median(found.there).toFixed(0).padStart(6)}  ratio ${median(ratios).toFixed(3)}, half of them ${low} to ${high}`,
  );
}
for (const contender of started.values()) await contender.stop();
for (const generator of Object.values(generators)) generator.stop();
api.stop();

async function running(bundle: Bundle): Promise<Contender> {
  const contender = started.get(bundle) ?? (await start(bundle));
  started.set(bundle, contender);
  return contender;
}
