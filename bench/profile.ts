// npm run profile -- <case> [--seconds <n>] [--connections <n>] [--top <n>]
//
// Where the time of a case goes, by V8's profiler in the runtime: Rust, the JavaScript around it, the platform's calls, and
// garbage. The bundle is made for it with the names of functions, and taken away afterwards.

import { execFileSync } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { startApi } from "./api.ts";
import { makeCallers } from "./callers.ts";
import { CASES } from "./cases.ts";
import { ROOT, start } from "./contender.ts";
import { Generator, measure } from "./measure.ts";
import { workersOf } from "./workers.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: "string", default: "4" },
    connections: { type: "string", default: "8" },
    top: { type: "string", default: "40" },
  },
});
const which = CASES.find(({ name }) => name === positionals[0]);
if (which === undefined) {
  console.error(`Name one of the cases:\n${CASES.map(({ name }) => name).join("\n")}`);
  process.exit(1);
}

interface Node {
  id: number;
  callFrame: { functionName: string; url: string; lineNumber: number };
}
interface Profile {
  nodes: Node[];
  samples: number[];
  timeDeltas: number[];
}

const removeBundles = () => {
  for (const made of ["build", "dist", "crates/gateway/build", "crates/gateway/dist"])
    rmSync(join(ROOT, made), { recursive: true, force: true });
};
removeBundles();
for (const script of ["bundle", "bundle:gateway"])
  execFileSync("npm", ["run", "--silent", script], {
    cwd: ROOT,
    stdio: ["ignore", "ignore", "inherit"],
    env: { ...process.env, NAMED: "yes" },
  });

const api = await startApi((await makeCallers()).key);
const workers = await workersOf(ROOT, api.url);
const contender = await start(workers[which.worker ?? "ours"], { inspected: true });
const generators = { load: new Generator(), before: new Generator() };
const bounds = { connections: Number(values.connections), durationMs: Number(values.seconds) * 1000 };
await measure(generators, contender, which, { ...bounds, durationMs: 1000 });
const profiler = await inspect(contender.inspector!);
await profiler.send("Profiler.enable");
await profiler.send("Profiler.setSamplingInterval", { interval: 200 });
await profiler.send("Profiler.start");
const measured = await measure(generators, contender, which, bounds);
const { profile } = (await profiler.send("Profiler.stop")) as { profile: Profile };
profiler.close();
await contender.stop();
for (const generator of Object.values(generators)) generator.stop();
api.stop();
removeBundles();

const nodes = new Map(profile.nodes.map((node) => [node.id, node]));
const byKind = new Map<string, number>();
const byFunction = new Map<string, number>();
profile.samples.forEach((id, at) => {
  const { functionName, url } = nodes.get(id)!.callFrame;
  const us = profile.timeDeltas[at + 1] ?? 0;
  const kind = kindOf(functionName, url);
  if (kind === "idle") return;
  byKind.set(kind, (byKind.get(kind) ?? 0) + us);
  const name = `${kind.padEnd(10)} ${functionName || "(anonymous)"}`;
  byFunction.set(name, (byFunction.get(name) ?? 0) + us);
});
const busy = [...byKind.values()].reduce((sum, us) => sum + us, 0);
const requests = (measured.requestsPerSecond * bounds.durationMs) / 1000;
const lines = (sums: Map<string, number>) =>
  [...sums]
    .sort(([, a], [, b]) => b - a)
    .slice(0, Number(values.top))
    .map(
      ([name, us]) =>
        `${(us / requests).toFixed(1).padStart(7)} µs ${((us * 100) / busy).toFixed(1).padStart(5)} %  ${name}`,
    );
console.log(
  [
    `${which.name}: ${measured.cpuUs.toFixed(0)} µs of processor time, all threads, while it is profiled`,
    "",
    ...lines(byKind),
    "",
    ...lines(byFunction),
  ].join("\n"),
);

function kindOf(name: string, url: string): string {
  if (name === "(idle)") return "idle";
  if (name === "(program)") return "runtime";
  if (name === "(garbage collector)") return "garbage";
  if (url.startsWith("wasm:")) return "wasm";
  return url === "" ? "platform" : "JavaScript";
}

/** Speaks the Chrome DevTools Protocol to the Worker. */
async function inspect(address: URL) {
  const targets = (await (await fetch(`http://${address.host}/json`)).json()) as {
    webSocketDebuggerUrl: string;
    id: string;
  }[];
  const target = targets.find(({ id }) => id.includes("contender")) ?? targets[0]!;
  const socket = new WebSocket(target.webSocketDebuggerUrl);
  await new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onerror = reject;
  });
  const waiting = new Map<number, (result: unknown) => void>();
  let last = 0;
  socket.onmessage = ({ data }) => {
    const { id, result } = JSON.parse(String(data)) as { id?: number; result?: unknown };
    if (id !== undefined) waiting.get(id)?.(result);
  };
  return {
    send: (method: string, params: object = {}) =>
      new Promise<unknown>((resolve) => {
        waiting.set(++last, resolve);
        socket.send(JSON.stringify({ id: last, method, params }));
      }),
    close: () => socket.close(),
  };
}
