// Those who pursue an intent: as long as they live, and again when they are back.

import { setTimeout as pause } from "node:timers/promises";
import { createIdempotentFetch } from "../../../packages/client/src/index.ts";
import type { OutcomeUnknownError } from "../../../packages/client/src/errors.ts";
import type { IdempotentFetch, IdempotentInit } from "../../../packages/client/src/types.ts";
import { CREDENTIAL } from "./check.ts";
import type { Asked, Ending } from "./evidence.ts";
import { Life } from "./life.ts";
import { post } from "./posting.ts";
import {
  ATTEMPT_DEADLINE_S,
  type AskerPlan,
  type IntentPlan,
  type LifePlan,
  SHORT_LIFETIME_S,
} from "./plan.ts";
import type { Stores } from "./stores.ts";

export interface World {
  address: URL;
  stores: Stores;
  asked: Asked[];
}

const PATHS: Record<IntentPlan["kind"], string> = {
  resource: "/api/v1/operations/resources",
  transaction: "/api/v1/operations/transactions",
  short: "/api/audit/log",
  unrepeated: "/unrepeated",
};

/** An asker that meets no more trouble of its own. */
const LASTING: LifePlan = {
  steps: Infinity,
  diesAfterMs: Infinity,
  goneMs: 200,
  abortsAfterMs: Infinity,
  resumes: false,
};

/** How often it asks, before it leaves the rest to those who come later. */
const PATIENCE = 4;

/** The seconds that the service may wait. */
const WAIT_S = 1;

/** How much longer an answer takes on a machine that is busy with all of this, in milliseconds. */
const BUSY_MS = 2000;

export async function pursue(plan: IntentPlan, world: World): Promise<void> {
  await Promise.all(
    plan.askers.map(async (asker) => {
      await pause(asker.startsAfterMs);
      for (const life of [...asker.lives, ...Array<LifePlan>(PATIENCE).fill(LASTING)]) {
        const ending = await live(plan, asker, life, world);
        if (!["died", "aborted", "deadline"].includes(ending.kind)) return;
        await pause(life.goneMs);
      }
    }),
  );
}

/** Asks what is stored once more, when nothing goes wrong any more. */
export function settle(plan: IntentPlan, world: World): Promise<Ending> {
  return live(plan, { body: "own", posts: false }, { ...LASTING, resumes: true }, world, 30_000);
}

/** One life of an asker: it asks once, and once more if it has to correct its request. */
async function live(
  plan: IntentPlan,
  { body, corrected, posts }: Pick<AskerPlan, "body" | "corrected" | "posts">,
  lifePlan: LifePlan,
  world: World,
  deadlineMs = 15_000,
): Promise<Ending> {
  const life = new Life(lifePlan);
  const client = createIdempotentFetch({
    store: life.uses(world.stores.intents[plan.store]),
    fetch: life.fetch,
    preferWaitS: WAIT_S,
    attemptMs: (ATTEMPT_DEADLINE_S + WAIT_S) * 1000 + BUSY_MS,
    deadlineMs,
    ...(plan.kind === "short" && { lifetimeMs: SHORT_LIFETIME_S * 1000 }),
    keep: true,
  });
  const told = async (as: keyof IntentPlan["bodies"], replace: boolean) => {
    const request = requestOf(plan, as, replace, world);
    const signal = AbortSignal.timeout(Math.min(lifePlan.abortsAfterMs, deadlineMs));
    const asked = posts
      ? post(request, { client, life, store: world.stores.items(plan.store, plan.name), signal })
      : ask(client, request, lifePlan.resumes && !replace, signal);
    const ending = await Promise.race([ended(asked), life.death.then((): Ending => ({ kind: "died" }))]);
    world.asked.push({ intent: plan.name, body: as, ending });
    return ending;
  };
  let ending = await told(body, false);
  const isRefused = ending.kind === "changed" || (ending.kind === "answer" && ending.status >= 400);
  if (corrected && isRefused) ending = await told(corrected, true);
  life.end();
  return ending;
}

function requestOf(
  { name, kind, bodies }: IntentPlan,
  body: keyof IntentPlan["bodies"],
  replace: boolean,
  { address }: World,
) {
  const headers = { "Content-Type": "application/json", Authorization: `Bearer ${CREDENTIAL}` };
  const init = { method: "POST", headers, body: bodies[body], intent: name, replace };
  return { url: new URL(PATHS[kind], address), init };
}

async function ask(
  client: IdempotentFetch,
  { url, init }: ReturnType<typeof requestOf>,
  resumes: boolean,
  signal: AbortSignal,
): Promise<Response> {
  const { intent, headers } = init;
  const isStored = resumes && (await client.pending()).some((pending) => pending.intent === intent);
  return isStored
    ? client.resume(intent, { headers: { Authorization: headers.Authorization }, signal })
    : client(url, { ...init, signal });
}

async function ended(asked: Promise<Response>): Promise<Ending> {
  try {
    const response = await asked;
    const replayed = response.headers.get("Idempotent-Replayed") === "true";
    return { kind: "answer", status: response.status, text: await response.text(), replayed };
  } catch (error) {
    return failed(error as Error);
  }
}

async function failed(error: Error): Promise<Ending> {
  switch (error.name) {
    case "IntentChangedError":
      return { kind: "changed" };
    case "DeadlineExceededError":
      return { kind: "deadline" };
    case "TimeoutError":
      return { kind: "aborted" };
    case "OutcomeUnknownError": {
      const { reason, status } = error as OutcomeUnknownError;
      // The look-up has no second try.
      const told = await status().catch(() => undefined);
      return { kind: "unknown", reason, ...(told && { status: told.status }) };
    }
    default:
      return { kind: "error", message: `${error.name}: ${error.message}` };
  }
}
