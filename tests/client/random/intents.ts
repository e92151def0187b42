// One run: clients pursue their intents while everything goes wrong, then peace, then the reckoning.

import { setTimeout as pause } from "node:timers/promises";
import { inTurn } from "../../chaos/chaos.ts";
import { failWrites } from "../../chaos/faults.ts";
import { Random } from "../../chaos/random.ts";
import { OPERATIONS, type Server, startServer } from "../../harness/server.ts";
import { type Passed, Proxy } from "../proxy.ts";
import { settle, pursue, type World } from "./askers.ts";
import { check, figures } from "./check.ts";
import type { Evidence } from "./evidence.ts";
import { ATTEMPT_DEADLINE_S, FORGOTTEN_AFTER_S, type IntentPlan, planIntent } from "./plan.ts";
import { flushAll } from "./posting.ts";
import { openStores, type Stores } from "./stores.ts";

export interface Options {
  seed: number;
  intents: number;
}

export interface Result {
  violations: string[];
  figures: ReturnType<typeof figures>;
}

/** How many intents are pursued at once: more would only measure the machine. */
const AT_ONCE = 60;

/** How often the service as a whole meets trouble, in milliseconds. */
const TROUBLE_EVERY_MS = [1500, 6000] as const;

const VARIABLES = {
  FAULT_INJECTION: "on",
  ATTEMPT_DEADLINE_SECONDS: `${ATTEMPT_DEADLINE_S}`,
  AUDIT_TTL_SECONDS: `${FORGOTTEN_AFTER_S}`,
};

export async function runIntents(
  options: Options,
  tell: (progress: string) => void = () => {},
): Promise<Result> {
  const unrepeated = await startServer(VARIABLES, { root: OPERATIONS });
  const server = await startServer(VARIABLES);
  const proxy = new Proxy((path) => (path.startsWith("/unrepeated") ? unrepeated : server).address);
  await proxy.start();
  try {
    return await run({ server, unrepeated, proxy }, options, tell);
  } finally {
    proxy.stop();
    await Promise.all([server.stop(), unrepeated.stop()]);
  }
}

interface Services {
  server: Server;
  unrepeated: Server;
  proxy: Proxy;
}

async function run(
  services: Services,
  { seed, intents }: Options,
  tell: (progress: string) => void,
): Promise<Result> {
  const { server, proxy } = services;
  const random = new Random(seed);
  const plans = Array.from({ length: intents }, (_, index) => planIntent(random, index));
  const stored: Evidence["stored"] = new Map();
  const unstored: Passed[] = [];
  const stores = openStores(({ key, intent, createdAt }) => stored.set(key, { intent, createdAt }));
  const world: World = { address: proxy.address, stores, asked: [] };
  proxy.fault = faults(plans, stored, unstored);

  let isOver = false;
  const watch = setInterval(() => tell(`${proxy.passed.length} requests, ${world.asked.length} calls`), 2000);
  const [trouble] = await Promise.all([
    disturb(server, random.fork(-1), () => isOver),
    inTurn(
      plans,
      (plan) => pursue(plan, world),
      () => 0,
      AT_ONCE,
    ).finally(() => (isOver = true)),
  ]).finally(() => clearInterval(watch));
  await proxy.settled();
  // What is asked from here on is answered from what is on disk.
  await server.kill();
  proxy.fault = () => ({ kind: "none" });
  const waiting = await flushAll(stores);
  const finals: Evidence["finals"] = new Map();
  await inTurn(
    plans,
    async (plan) => void finals.set(plan.name, await settle(plan, world)),
    () => 0,
    AT_ONCE,
  );

  const evidence: Evidence = {
    plans,
    asked: world.asked,
    finals,
    stored,
    passed: proxy.passed,
    unstored,
    effects: await readEffects(services, stored),
    waiting,
    remains: await everythingIn(stores),
    ...trouble,
  };
  return { violations: check(evidence), figures: figures(evidence) };
}

async function everythingIn({ intents, outboxes }: Stores): Promise<string> {
  const stores = [...Object.values(intents), ...[...outboxes.values()].map(({ items }) => items)];
  return JSON.stringify(await Promise.all(stores.map((store) => store.list())));
}

/** Lets each request meet what is planned for its intent. */
function faults(plans: IntentPlan[], stored: Evidence["stored"], unstored: Passed[]): Proxy["fault"] {
  const left = new Map(plans.map(({ name, faults }) => [name, [...faults]]));
  return (passed) => {
    const intent = stored.get(passed.key)?.intent;
    if (intent === undefined) unstored.push(passed);
    return left.get(intent ?? "")?.shift() ?? { kind: "none" };
  };
}

/** Kills the runtime and takes its database away, in turn. */
async function disturb(server: Server, random: Random, isOver: () => boolean) {
  let [kills, outages] = [0, 0];
  for (;;) {
    await pause(random.between(...TROUBLE_EVERY_MS));
    if (isOver()) return { kills, outages };
    if (kills <= outages) {
      await server.kill();
      kills += 1;
    } else {
      const began = performance.now();
      await failWrites(
        server,
        [{ fromMs: 0, toMs: random.between(300, 1200) }],
        () => performance.now() - began,
      );
      outages += 1;
    }
  }
}

/** The rows, by what they are named after. */
async function readEffects(
  { server, unrepeated }: Services,
  stored: Evidence["stored"],
): Promise<Evidence["effects"]> {
  const select = `SELECT name AS intent, id FROM resources UNION ALL SELECT description, id FROM transactions
    UNION ALL SELECT user_id, id FROM audit_log`;
  const own = await (await server.db()).prepare(select).all<{ intent: string; id: string }>();
  const sent = await (await unrepeated.db()).prepare("SELECT idempotency_key AS key, number FROM sent").all<{
    key: string;
    number: number;
  }>();
  const effects = new Map<string, string[]>();
  const add = (intent: string, id: string) => effects.set(intent, [...(effects.get(intent) ?? []), id]);
  for (const { intent, id } of own.results) add(intent, id);
  for (const { key, number } of sent.results) add(stored.get(key)?.intent ?? key, `${number}`);
  return effects;
}
