// npm run bench [-- --quick] [--rounds <n>] [--seconds <n>] [--connections <n,n,…>] [--only <part of a name, or growth>]
//
// Exits with 1 if a case had a wrong answer, or the platform would bill more than is promised; never for a time. What is
// billed is left to `npm run bill` by --quick.

import { mkdir, writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { startApi } from "./api.ts";
import { countBill, overruns } from "./bill/bill.ts";
import { CASES, type FloorName, FLOORS, RESOURCE, STEPS } from "./cases.ts";
import { chart } from "./chart.ts";
import { type Bundle, type Contender, ROOT, start } from "./contender.ts";
import { growth } from "./growth.ts";
import { Generator, type Measured, measure } from "./measure.ts";
import { hold, type Language, median, type Row, row, table } from "./report.ts";
import { workersOf } from "./workers.ts";

const { values } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    rounds: { type: "string" },
    seconds: { type: "string" },
    connections: { type: "string" },
    only: { type: "string", default: "" },
  },
});
const rounds = Number(values.rounds ?? (values.quick ? 1 : 7));
const durationMs = Number(values.seconds ?? (values.quick ? 0.2 : 2)) * 1000;
const connectionCounts = (values.connections ?? (values.quick ? "8" : "1,8,32")).split(",").map(Number);
const keys = values.quick ? { few: 50, many: 500 } : { few: 1000, many: 50_000 };
const LANGUAGES: Language[] = ["javascript", "rust"];

const api = await startApi();
const WORKERS = await workersOf(ROOT, api.url);
const OURS = WORKERS.ours;
const FLOORS_FOLDER = join(ROOT, "bench/floors");
const floor = (modules: string, main: string): Bundle => ({
  folder: join(FLOORS_FOLDER, modules),
  main: join(FLOORS_FOLDER, main),
  objects: { COORDINATOR: "Coordinator" },
  schema: [join(FLOORS_FOLDER, "schema.sql"), ...OURS.schema],
  variables: { API: `${api.url}/orders` },
});
const BUNDLES = {
  ...WORKERS,
  javascript: floor("javascript", "javascript/index.js"),
  rust: floor("rust/build", "rust/entry.js"),
};

const generators = { load: new Generator(), before: new Generator() };
const startUp = await startUps();
const runs = new Map<string, Measured[]>();
const cases = CASES.filter(({ name }) => name.includes(values.only));
const steps = values.only === "" ? STEPS : [];
await compare();
const floors = connectionCounts.flatMap(floorRows);
const rows = connectionCounts.flatMap(caseRows);
const generatorShare = Math.max(0, ...[...runs.values()].flat().map(({ generator }) => generator));
const grown = ["", "growth"].includes(values.only) ? await grow() : undefined;
const counted = values.quick ? [] : await countBill();
// Where the machine stood still for a second, KV was asked, which the second time would be a rare coincidence.
const bill = overruns(counted).length === 0 ? counted : await countBill();
for (const generator of Object.values(generators)) generator.stop();
api.stop();

const machine = `${cpus().length} × ${cpus()[0]?.model ?? "unknown"}`;
const results = { machine, rounds, durationMs, startUp, floors, rows, growth: grown, bill };
const folder = join(ROOT, values.quick || values.only !== "" ? "bench/quick" : "docs");
await mkdir(folder, { recursive: true });
await writeFile(join(folder, "bench.json"), `${JSON.stringify(results, rounded, 1)}\n`);
await writeFile(join(folder, "bench.svg"), chart(rows, floors, connectionCounts.at(-1)!));

const over = overruns(bill);
console.log(
  [
    `${machine}; medians of ${rounds} rounds of ${durationMs} ms, in turn. CPU is workerd's, for one request.`,
    "Ratios are of this service to the floor, in the language in which that is the faster: 1 is as fast.",
    ...FLOORS.filter(isNeeded).map(({ name, does }) => `${name}: ${does}.`),
    "",
    table([...floors, ...rows]),
    "",
    `The load generator took ${Math.round(generatorShare * 100)} % of a core at most.`,
    `From the start of the runtime to its first answer, in ms: ${Object.entries(startUp)
      .map(([name, ms]) => `${name} ${ms.toFixed(0)}`)
      .join(", ")}.`,
    ...(grown === undefined
      ? []
      : [
          `With ${grown.keys.many} keys instead of ${grown.keys.few}, CPU and requests/s, ratios (target ${grown.target}): ` +
            `${Object.entries(grown.ratios)
              .map(([name, { cpu, requests }]) => `${name} ${cpu.toFixed(2)} and ${requests.toFixed(2)}`)
              .join(
                ", ",
              )}; memory after each fifth of them, in MB: ${grown.memoryMb.join(", ")}; of F4 with as many: ${grown.floorMemoryMb.join(", ")}.`,
        ]),
    "",
    over.length > 0
      ? `Billed more than promised:\n${over.join("\n")}`
      : values.quick
        ? "What the platform bills is not counted here: npm run bill."
        : "The platform's bill is as promised.",
  ].join("\n"),
);
process.exitCode = over.length === 0 ? 0 : 1;

async function compare() {
  const needed = new Set<string>([...LANGUAGES, ...cases.map(({ worker = "ours" }) => worker)]);
  const bundles = Object.entries(BUNDLES).filter(([name]) => needed.has(name));
  const contenders = await startAll(Object.fromEntries(bundles) as typeof BUNDLES);
  const bounds = (connections: number) => ({ connections, durationMs });
  for (const connections of connectionCounts)
    for (let round = 0; round < rounds; round++) {
      for (const { name, keys } of FLOORS.filter(isNeeded))
        for (const language of LANGUAGES) {
          const what = { request: { ...RESOURCE, path: `/${name}` }, keys, answer: { status: 201 } };
          const measured = await measure(generators, contenders[language], what, bounds(connections));
          note(`${name} ${language}`, connections, measured);
        }
      for (const { name, path, keys } of steps) {
        const what = { request: { ...RESOURCE, path }, keys, answer: { status: 201 } };
        note(name, connections, await measure(generators, contenders.javascript, what, bounds(connections)));
      }
      for (const which of cases) {
        const contender = contenders[which.worker ?? "ours"];
        note(which.name, connections, await measure(generators, contender, which, bounds(connections)));
      }
    }
  await stopAll(contenders);
}

/** A whole run has all floors, also that against which no case is held. */
function isNeeded({ name }: { name: string }) {
  return values.only === "" || cases.some(({ floor, allOf }) => floor === name || allOf === name);
}

function note(name: string, connections: number, measured: Measured) {
  const id = `${connections} ${name}`;
  runs.set(id, [...(runs.get(id) ?? []), measured]);
  tell(`${id}: ${measured.cpuUs.toFixed(0)} µs`);
}

function roundsOf(name: string, connections: number): Measured[] {
  return runs.get(`${connections} ${name}`) ?? [];
}

function floorRows(connections: number): Row[] {
  const floors = FLOORS.filter(isNeeded).flatMap(({ name }) =>
    LANGUAGES.map((language) => `${name} ${language}`),
  );
  return [...floors, ...steps.map(({ name }) => name)].map((name) =>
    row(name, connections, roundsOf(name, connections)),
  );
}

function caseRows(connections: number): Row[] {
  return cases.map((which) => {
    const rounds = roundsOf(which.name, connections);
    const against = (floor: FloorName, target?: number) =>
      hold(rounds, floor, target, {
        javascript: roundsOf(`${floor} javascript`, connections),
        rust: roundsOf(`${floor} rust`, connections),
      });
    return {
      ...row(which.name, connections, rounds),
      against: [against(which.floor, which.target), ...(which.allOf ? [against(which.allOf)] : [])],
    };
  });
}

async function grow() {
  const contenders = await startAll({
    few: OURS,
    many: OURS,
    fewFloor: BUNDLES.javascript,
    manyFloor: BUNDLES.javascript,
  });
  const grown = await growth(generators, contenders, keys, { rounds, durationMs }, tell);
  await stopAll(contenders);
  return grown;
}

/** Milliseconds from the start of a runtime to the first answer of the Worker in it, by Worker. */
async function startUps(): Promise<Record<string, number>> {
  const { ours, javascript, rust } = BUNDLES;
  const found: Record<string, number[]> = { ours: [], rust: [], javascript: [] };
  for (let round = 0; round < Math.min(rounds, 5); round++)
    for (const [name, bundle] of Object.entries({ ours, rust, javascript })) {
      const contender = await start(bundle);
      found[name]!.push(contender.startUpMs);
      await contender.stop();
    }
  return Object.fromEntries(Object.entries(found).map(([name, times]) => [name, median(times)]));
}

async function startAll<Name extends string>(bundles: Record<Name, Bundle>) {
  const started: [string, Contender][] = [];
  for (const [name, bundle] of Object.entries<Bundle>(bundles)) started.push([name, await start(bundle)]);
  return Object.fromEntries(started) as Record<Name, Contender>;
}

async function stopAll(contenders: Record<string, Contender>) {
  for (const contender of Object.values(contenders)) await contender.stop();
}

function tell(progress: string) {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${progress}`);
}

/** Figures of three or four digits say all that there is to say. */
function rounded(_name: string, value: unknown) {
  return typeof value === "number" ? Number(value.toPrecision(4)) : value;
}
