// One run: a case, or a floor, at a number of connections.

import { fork } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { join } from "node:path";
import type { Case, Keys } from "./cases.ts";
import type { Contender } from "./contender.ts";
import type { Load, Run } from "./load.ts";

/** How many keys that are completed are asked for in turn. */
const COMPLETED_KEYS = 100;

/** How much longer an attempt runs than it is asked for, in milliseconds: the attempts begin one after another. */
const MARGIN_MS = 8000;

export interface Measured {
  requestsPerSecond: number;
  /** Processor time of workerd for one request, in microseconds. */
  cpuUs: number;
  p50Ms: number;
  p99Ms: number;
  /** How much of one core the load generator took. */
  generator: number;
}

/** One for the requests that are measured, one for those that come before: their answers may take longer. */
export interface Generators {
  load: Generator;
  before: Generator;
}

export interface Measurement extends Pick<Case, "request" | "keys" | "answer" | "contentBefore"> {
  authorizations?: string[] | undefined;
}

export class Generator {
  readonly #process = fork(join(import.meta.dirname, "load.ts"), { execArgv: [] });

  async drive(load: Load): Promise<Run> {
    this.#process.send(load);
    const [run] = (await once(this.#process, "message")) as [Run];
    if (run.wrong !== undefined) throw new Error(`${load.path} answered:\n${run.wrong}`);
    return run;
  }

  stop() {
    this.#process.kill();
  }
}

/** Sends what the case is about for `durationMs`, after what has to be there before. */
export async function measure(
  generators: Generators,
  contender: Contender,
  { request, keys: which, answer, contentBefore, authorizations }: Measurement,
  { connections, durationMs }: { connections: number; durationMs: number },
): Promise<Measured> {
  const { port, processor } = contender;
  const keys = keysOf(which, connections, authorizations);
  const before: Load = {
    ...request,
    content: contentBefore ?? request.content,
    port,
    connections: which === "running" ? connections : Math.min(connections, 8),
    requests: keys?.length ?? 0,
    keys,
    authorizations,
    fault: which === "running" ? `delay=${durationMs + MARGIN_MS}` : undefined,
    status: 201,
  };
  const done = which === "completed" || which === "running" ? generators.before.drive(before) : undefined;
  if (which === "completed") await done;
  if (which === "running") await allAreRunning(port, keys ?? []);

  const cpuBefore = processor.cpuMs();
  const measured = { ...request, ...answer, port, connections, durationMs, keys, authorizations };
  const run = await generators.load.drive(measured);
  const cpuMs = processor.cpuMs() - cpuBefore;
  await done;
  return {
    requestsPerSecond: (run.requests * 1000) / run.elapsedMs,
    cpuUs: (cpuMs * 1000) / run.requests,
    p50Ms: run.p50Ms,
    p99Ms: run.p99Ms,
    generator: run.cpuMs / run.elapsedMs,
  };
}

function keysOf(which: Keys, connections: number, authorizations?: string[]): string[] | undefined {
  const some = (count: number) => Array.from({ length: count }, () => randomUUID() as string);
  switch (which) {
    case "new":
      return undefined;
    case "none":
      return [];
    case "bad":
      return ["a-text-as-long-as-a-UUID-but-not-one"];
    case "completed":
      // Each caller has keys of its own.
      return some(authorizations?.length ?? COMPLETED_KEYS);
    case "running":
      return some(connections);
  }
}

/** Until the look-up of every key says so. */
async function allAreRunning(port: number, keys: string[]) {
  for (const key of keys) {
    const url = `http://127.0.0.1:${port}/api/v1/operations/idempotency/${key}`;
    const status = async () => ((await (await fetch(url)).json()) as { status?: unknown }).status;
    for (let is = await status(); is !== "PROCESSING"; is = await status())
      if (is === "COMPLETED") throw new Error("an attempt ended before it was asked for");
  }
}
