// npm run bench [-- --quick] [--rounds <n>] [--seconds <n>] [--connections <n,n,…>] [--only <pattern of names, or growth>]
//
// Exits with 1 if a case had a wrong answer, never for a time. Growth, which takes as long as all the rest, is measured only
// by its name.

import { mkdir, writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { startApi } from "./api.ts";
import { makeCallers } from "./callers.ts";
import { CASES, type Floor, FLOORS, J, RESOURCE, STEPS } from "./cases.ts";
import { chart } from "./chart.ts";
import { type Bundle, type Contender, ROOT, start } from "./contender.ts";
import { growth } from "./growth.ts";
import { Generator, type Measured, measure, type Measurement } from "./measure.ts";
import { hold, type Language, median, type Row, row, table } from "./report.ts";
import { plainFor, type WorkerName, workersOf } from "./workers.ts";

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
const connectionCounts = (values.connections ?? (values.quick ? "8" : "8,32")).split(",").map(Number);
const keys = values.quick ? { few: 50, many: 500 } : { few: 1000, many: 50_000 };
const LANGUAGES: Language[] = ["javascript", "rust"];

const callers = await makeCallers();
const api = await startApi(callers.key);
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
  javascript: floor("javascript", "javascript/index.js"),
  rust: floor("rust/build", "rust/entry.js"),
};

const generators = { load: new Generator(), before: new Generator() };
const startUp = await startUps();
const runs = new Map<string, Measured[]>();
const cases = CASES.filter(({ name }) => new RegExp(values.only).test(name));
const floorsOf = (all: Floor[]) => all.filter(isNeeded);
await compare();
const floors = connectionCounts.flatMap(floorRows);
const rows = connectionCounts.flatMap(caseRows);
const generatorShare = Math.max(0, ...[...runs.values()].flat().map(({ generator }) => generator));
const grown = values.only === "growth" ? await grow() : undefined;
for (const generator of Object.values(generators)) generator.stop();
api.stop();

const machine = `${cpus().length} × ${cpus()[0]?.model ?? "unknown"}`;
const results = { machine, rounds, durationMs, startUp, floors, rows, growth: grown };
const folder = join(ROOT, values.quick || values.only !== "" ? "bench/quick" : "docs");
await mkdir(folder, { recursive: true });
await writeFile(join(folder, "bench.json"), `${JSON.stringify(results, rounded, 1)}\n`);
await writeFile(join(folder, "bench.svg"), chart(rows, floors, connectionCounts.at(-1)!));

console.log(
  [
    `${machine}; medians of ${rounds} rounds of ${durationMs} ms, in turn. CPU is workerd's, for one request.`,
    "Ratios are of this service to the floor, in the language in which that is the faster: 1 is as dear.",
    ...floorsOf([...FLOORS, ...STEPS]).map(({ name, does }) => `${name}: ${does}.`),
    `${J}.`,
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
  ].join("\n"),
);

async function compare() {
  const workers = [...new Set(cases.map(({ worker = "ours" as WorkerName }) => worker))];
  const contenders = await startAll({
    ...BUNDLES,
    ...Object.fromEntries(workers.map((name) => [name, WORKERS[name]])),
    ...Object.fromEntries(workers.map((name) => [plain(name), plainFor(name, ROOT, api.url, OURS.schema)])),
  } as Record<string, Bundle>);
  const bounds = (connections: number) => ({ connections, durationMs });
  const run = async (name: string, contender: string, what: Measurement, connections: number) =>
    note(name, connections, await measure(generators, contenders[contender]!, what, bounds(connections)));
  for (const connections of connectionCounts)
    for (let round = 0; round < rounds; round++) {
      for (const language of LANGUAGES)
        for (const floor of floorsOf(FLOORS))
          await run(`${floor.name} ${language}`, language, asked(floor), connections);
      for (const step of floorsOf(STEPS)) await run(step.name, "javascript", asked(step), connections);
      for (const which of cases) {
        const authorizations = which.callers && callers.authorizations[which.callers];
        const worker = which.worker ?? "ours";
        const what = { ...which, authorizations };
        const both = which.against.some(({ floor }) => floor === "J") ? [false, true] : [false];
        // Whoever is second finds the machine as the first has left it, so they take turns in that too.
        for (const isPlain of round % 2 === 0 ? both : both.toReversed())
          if (isPlain) await run(plain(which.name), plain(worker), what, connections);
          else await run(which.name, worker, what, connections);
      }
    }
  await stopAll(contenders);
}

/** What a floor is asked. */
function asked({ name, keys }: Floor): Measurement {
  return { request: { ...RESOURCE, path: `/${name}` }, keys, answer: { status: 201 } };
}

/** The name of J's part in a case, or of the J for one of our Workers. */
function plain(name: string): string {
  return `${name}, J`;
}

/** A whole run has all floors, also those against which no case is held. */
function isNeeded({ name }: Floor) {
  return values.only === "" || cases.some(({ against }) => against.some(({ floor }) => floor === name));
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
  const floors = floorsOf(FLOORS).flatMap(({ name }) => LANGUAGES.map((language) => `${name} ${language}`));
  const steps = floorsOf(STEPS).map(({ name }) => name);
  const plains = cases.filter(({ against }) => against.some(({ floor }) => floor === "J"));
  return [...floors, ...steps, ...plains.map(({ name }) => plain(name))].map((name) =>
    row(name, connections, roundsOf(name, connections)),
  );
}

function caseRows(connections: number): Row[] {
  return cases.map(({ name, against }) => {
    const rounds = roundsOf(name, connections);
    const theirs = (floor: string) => {
      if (floor === "J") return { javascript: roundsOf(plain(name), connections) };
      if (STEPS.some((step) => step.name === floor)) return { javascript: roundsOf(floor, connections) };
      return {
        javascript: roundsOf(`${floor} javascript`, connections),
        rust: roundsOf(`${floor} rust`, connections),
      };
    };
    return {
      ...row(name, connections, rounds),
      against: against.map((one) => hold(rounds, one, theirs(one.floor))),
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
  const bundles = { ours: OURS, ...BUNDLES };
  const found: Record<string, number[]> = { ours: [], rust: [], javascript: [] };
  for (let round = 0; round < Math.min(rounds, 5); round++)
    for (const [name, bundle] of Object.entries(bundles)) {
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
