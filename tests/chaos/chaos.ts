// One run: clients at work while everything goes wrong, then peace, then the reckoning.

import { setTimeout as pause } from "node:timers/promises";
import { type Server, startServer, type Variables } from "../harness/server.ts";
import { kindOf, STORE } from "../harness/stores/index.ts";
import type { OwnStore } from "../harness/stores/store.ts";
import { readEffects, readEveryKey, SETTLES_WITHIN_MS, settleEveryKey } from "./aftermath.ts";
import { check } from "./check.ts";
import { useKey, type World } from "./clients.ts";
import { crash, Evictions, failWrites, kill, schedule } from "./faults.ts";
import { measure, unaskedPanics } from "./figures.ts";
import type { Evidence, Interval } from "./history.ts";
import { ATTEMPT_DEADLINE_S, CALLERS, type KeyPlan, planKey } from "./plan.ts";
import { Random } from "./random.ts";
import { describe, type Report } from "./report.ts";

export interface Options {
  seed: number;
  /**
   * How long things go wrong, in milliseconds. The run takes longer by the time that peace takes, which has an end: what
   * has not settled by then is a violation.
   */
  durationMs: number;
  keys: number;
}

export interface Result {
  report: Report;
  evidence: Evidence;
}

/** How many keys may be in use at once: more would only measure the machine, which other stores than D1 share. */
const KEYS_IN_USE = STORE === undefined ? 60 : 15;

/** A device that is out of reach must be back before the end. */
const BACK_WITHIN_MS = 60_000;

const PROGRESS_EVERY_MS = 2000;

export async function chaos(options: Options, tell: (progress: string) => void = () => {}): Promise<Result> {
  const server = await startOwn({
    FAULT_INJECTION: "on",
    ATTEMPT_DEADLINE_SECONDS: `${ATTEMPT_DEADLINE_S}`,
  });
  try {
    return await run(server, options, tell);
  } finally {
    await server.stop();
  }
}

/** A server; in a run about another store than D1, with a store that can crash with nobody else on it. */
export async function startOwn(vars: Variables): Promise<Server> {
  return startServer(vars, STORE === undefined ? {} : { store: await kindOf(STORE).openOwn() });
}

async function run(server: Server, options: Options, tell: (progress: string) => void): Promise<Result> {
  const { seed, durationMs } = options;
  const callers = await introduce(server);
  const random = new Random(seed);
  const { killsAtMs, outages } = schedule(random.fork(-1), durationMs);
  const startedAt = Date.now();
  const began = performance.now();
  const now = () => performance.now() - began;
  const downtimes: Interval[] = [];
  const world: World = {
    address: server.address,
    exchanges: [],
    now,
    troubled: () => now() < durationMs,
    endsMs: durationMs + SETTLES_WITHIN_MS,
  };
  const evictions = new Evictions(server.objects);
  const watch = setInterval(() => {
    void evictions.observe();
    const { length } = world.exchanges;
    tell(`${Math.round(now() / 1000)} s: ${length} requests, ${downtimes.length} kills`);
  }, PROGRESS_EVERY_MS);

  const plans = planKeys(random, options);
  const [d1Outages] = await Promise.all([
    STORE === undefined ? failWrites(server, outages, now) : crash(server.store as OwnStore, outages, now),
    kill(server, killsAtMs, now, downtimes),
    inTurn(
      plans,
      (plan) => useKey(plan, world),
      (share) => share * durationMs - world.now(),
    ).then(() => evictions.first()),
  ]).finally(() => clearInterval(watch));
  // What is asked from here on is answered from what is on disk.
  await kill(server, [now()], now, downtimes);
  await settleEveryKey(plans, world);
  const evidence: Evidence = {
    exchanges: world.exchanges,
    statuses: await readEveryKey(plans, server.address),
    effects: await readEffects(server.store, callers),
    downtimes,
    unaskedPanics: unaskedPanics(server.noise),
  };
  const figures = measure(evidence, server, { d1Outages, evictions: evictions.count }, away(plans));
  const report = { seed, durationMs, figures, violations: check(evidence) };
  return { report: { ...report, text: describe(report, evidence, server, startedAt) }, evidence };
}

function planKeys(random: Random, { keys, durationMs }: Options): KeyPlan[] {
  return Array.from({ length: keys }, (_, index) =>
    planKey(random, index, (index / keys) * durationMs < durationMs - BACK_WITHIN_MS),
  );
}

/** Devices that are out of reach for a while; how long they wait for their answer says nothing. */
function away(plans: KeyPlan[]): Set<string> {
  return new Set(
    plans.flatMap(({ caller, key, devices }) =>
      devices.filter(({ awayMs }) => awayMs > 0).map(({ name }) => `${caller}/${key}/${name}`),
    ),
  );
}

/** Starts with one after the other over the run's time; returns when all are done. `dueMs` is when a share of them is. */
export async function inTurn<T>(
  plans: T[],
  use: (plan: T) => Promise<void>,
  dueMs: (share: number) => number,
  atOnce = KEYS_IN_USE,
): Promise<void> {
  const inUse = new Set<Promise<void>>();
  for (const [index, plan] of plans.entries()) {
    await pause(Math.max(0, dueMs(index / plans.length)));
    while (inUse.size >= atOnce) await Promise.race(inUse);
    const used: Promise<void> = use(plan).finally(() => inUse.delete(used));
    inUse.add(used);
  }
  await Promise.all(inUse);
}

/** Learns under which name the service stores each caller's rows: each makes one, with a key of its own. */
async function introduce(server: Server): Promise<Map<string, string>> {
  const names = new Map<string, string>();
  for (const caller of CALLERS) {
    const response = await fetch(new URL("/api/v1/operations/resources", server.address), {
      method: "POST",
      headers: {
        Authorization: `Bearer ${caller}`,
        "Content-Type": "application/json",
        "Idempotency-Key": crypto.randomUUID(),
      },
      body: '{"name":"hello"}',
    });
    const { id } = (await response.json()) as { id: string };
    const [row] = await server.store.rows("resources", "id", id);
    names.set(`${row!["caller"]}`, caller);
    await server.store.remove("resources", "id", id);
  }
  if (names.size !== CALLERS.length) throw new Error("two callers are one to the service");
  return names;
}
