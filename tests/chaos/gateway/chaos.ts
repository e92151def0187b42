// One run in front of an API: clients at work while everything goes wrong, then peace, then the reckoning.

import { setTimeout as pause } from "node:timers/promises";
import { eventually } from "../../harness/client.ts";
import { GATEWAY, type Server, startServer } from "../../harness/server.ts";
import { each } from "../aftermath.ts";
import { inTurn } from "../chaos.ts";
import { kill } from "../faults.ts";
import { unaskedPanics } from "../figures.ts";
import type { Interval } from "../history.ts";
import { Random } from "../random.ts";
import { check, type Evidence, FINAL } from "./check.ts";
import { isFinal, send, useKey, type World } from "./clients.ts";
import { CALLERS, type KeyPlan, planKey, RULES, TIMEOUT_S } from "./plan.ts";
import { describe, type Report } from "./report.ts";
import { CountingUpstream } from "./upstream.ts";

export interface Options {
  seed: number;
  /** Over how long keys are begun with, in milliseconds. Things go wrong until the last one's clients have an answer. */
  durationMs: number;
  keys: number;
}

export interface Result {
  report: Report;
  evidence: Evidence;
}

/** How long a key may take to settle when nothing goes wrong, in milliseconds. */
const SETTLES_WITHIN_MS = 60_000;

/** How many keys may be in use at once: more would have the API asked too late, and every request time out. */
const KEYS_IN_USE = 40;

/** How long the runtime serves before it is killed again, in milliseconds. */
const SERVES_MS = [1500, 6000] as const;

const PROGRESS_EVERY_MS = 2000;

export async function gatewayChaos(
  options: Options,
  tell: (progress: string) => void = () => {},
): Promise<Result> {
  const began = performance.now();
  const now = () => performance.now() - began;
  const random = new Random(options.seed);
  const plans = Array.from({ length: options.keys }, (_, index) => planKey(random, index));
  const upstream = new CountingUpstream(plans, now);
  const server = await startServer(
    { FAULT_INJECTION: "on" },
    { root: GATEWAY, policy: policyFor(await upstream.start()) },
  );
  try {
    return await run(options, { server, upstream, plans, random, now, tell });
  } finally {
    await server.stop();
    upstream.stop();
  }
}

function policyFor(url: string) {
  const terms = { hold: {}, wait: { in_progress: { wait_s: 3 } }, resend: { ambiguous: "resend" } };
  return {
    upstreams: { api: { url, timeout_s: TIMEOUT_S } },
    routes: RULES.map((rule) => ({
      match: { path: `/${rule}/{*rest}` },
      upstream: "api",
      caller: "header:Authorization",
      ...terms[rule],
    })),
  };
}

interface Run {
  server: Server;
  upstream: CountingUpstream;
  plans: KeyPlan[];
  random: Random;
  now: () => number;
  tell: (progress: string) => void;
}

async function run({ seed, durationMs }: Options, of: Run): Promise<Result> {
  const { server, upstream, plans, now } = of;
  const scopes = await introduce(server);
  const beganMs = now();
  const startedAt = Date.now() - beganMs;
  const exchanges: World["exchanges"] = [];
  const world: World = { address: server.address, exchanges, rulings: [], scopes, now };
  const downtimes: Interval[] = [];
  const watch = setInterval(
    () => of.tell(`${Math.round(now() / 1000)} s: ${exchanges.length} requests, ${downtimes.length} kills`),
    PROGRESS_EVERY_MS,
  );
  let used = false;
  await Promise.all([
    killNowAndThen(of, downtimes, () => !used),
    inTurn(
      plans,
      (plan) => useKey(plan, world),
      (share) => beganMs + share * durationMs - now(),
      KEYS_IN_USE,
    ).finally(() => (used = true)),
  ]).finally(() => clearInterval(watch));
  // What is asked from here on is answered from what is on disk.
  await kill(server, [now()], now, downtimes);
  upstream.troubled = false;
  await each(plans, (plan) => settle(plan, world));
  const evidence: Evidence = {
    plans,
    exchanges,
    arrivals: upstream.arrivals,
    rulings: world.rulings,
    statuses: await readEveryKey(plans, world),
    downtimes,
    unaskedPanics: unaskedPanics(server.noise),
  };
  const found = { seed, durationMs, violations: check(evidence) };
  return { report: describe(found, evidence, server, startedAt), evidence };
}

/** Kills the runtime, and again when it has served for a while: how long it takes to return depends on the machine. */
async function killNowAndThen(of: Run, downtimes: Interval[], goesOn: () => boolean): Promise<void> {
  const random = of.random.fork(-1);
  for (;;) {
    const untilMs = of.now() + random.between(...SERVES_MS);
    while (goesOn() && of.now() < untilMs) await pause(50);
    if (!goesOn()) return;
    await kill(of.server, [of.now()], of.now, downtimes);
  }
}

/** Learns what the service calls each caller: its operators have to say it. */
async function introduce({ address, logs }: Server): Promise<Map<string, string>> {
  const scopes = new Map<string, string>();
  for (const [index, caller] of CALLERS.entries()) {
    const key = `introduction-${index}`;
    // No plan has this number, so that the API ends the connection.
    await fetch(new URL("/hold/orders", address), {
      method: "POST",
      headers: { Authorization: caller, "Idempotency-Key": key },
      body: "hello",
    });
    const line = () => logs.find((line) => line["idempotency_key"] === key && line["caller"]);
    await eventually(() => line() !== undefined);
    scopes.set(caller, String(line()!["caller"]).replace("scope ", ""));
  }
  return scopes;
}

/** Sends every request of a key once more, until it has its answer, or has had the time that it may take. */
async function settle(plan: KeyPlan, world: World): Promise<void> {
  const [phone] = plan.devices;
  const bodies = new Set(world.exchanges.filter((of) => of.plan === plan.index).map(({ body }) => body));
  for (const body of bodies.size === 0 ? [phone!.body] : bodies) {
    const endsMs = world.now() + SETTLES_WITHIN_MS;
    while (world.now() < endsMs) {
      const { outcome } = await send(plan, { name: FINAL, body }, {}, world);
      if (isFinal(outcome)) break;
      await pause(200);
    }
  }
}

async function readEveryKey(plans: KeyPlan[], { address, scopes }: World): Promise<Map<number, string>> {
  const statuses = new Map<number, string>();
  await each(plans, async ({ index, caller, key }) => {
    const path = `/api/v1/operations/idempotency/${key}?scope=${scopes.get(caller)}`;
    const response = await fetch(new URL(path, address), { signal: AbortSignal.timeout(SETTLES_WITHIN_MS) });
    const { status } = (await response.json()) as { status: string | number };
    statuses.set(index, String(status));
  });
  return statuses;
}
