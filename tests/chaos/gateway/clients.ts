// Those who ask: clients that hang up, lose answers and try again, and operators who say what became of a key.

import { setTimeout as pause } from "node:timers/promises";
import { requested } from "../clients.ts";
import type { Answer, Outcome } from "../history.ts";
import { type DevicePlan, type KeyPlan, TIMEOUT_S, type TryPlan } from "./plan.ts";
import { PLAN_FIELD } from "./upstream.ts";

/** One request and what its client got. Times are milliseconds since the run began. */
export interface Exchange {
  /** Also the request's correlation id, as `chaos-<number>`. */
  number: number;
  plan: number;
  device: string;
  body: string;
  fault?: string;
  startedMs: number;
  endedMs: number;
  outcome: Outcome;
}

/** What an operator said of a key, and whether that was accepted; nothing, if no answer says so. */
export interface Ruling {
  plan: number;
  as: "failed" | "completed";
  atMs: number;
  accepted: boolean | undefined;
}

export interface World {
  address: URL;
  exchanges: Exchange[];
  rulings: Ruling[];
  /** What the service calls each caller. */
  scopes: Map<string, string>;
  now(): number;
}

/** What every retry gets of a key of which an operator has said that it is completed. */
export const BY_HAND = "completed by hand";

/**
 * What the service takes beside the API's time-out, for the way to an object and back: far more than it should, since a disk
 * that others write to can keep the runtime waiting for half a minute.
 */
const WAY_MS = 60_000;

const LOST_MS = 500;

/** All devices of a key, until each of them has its answer or no patience left. */
export async function useKey(plan: KeyPlan, world: World): Promise<void> {
  await Promise.all(
    plan.devices.map(async (device) => {
      if (device.startsAfterMs > 0) await pause(device.startsAfterMs);
      await insist(plan, device, world);
    }),
  );
}

/** Requests that a killed runtime did not answer cost no patience: else there would be few others on a slow machine. */
async function insist(plan: KeyPlan, device: DevicePlan, world: World): Promise<void> {
  for (let number = 0, lost = 0; number + lost / 4 < device.patience;) {
    const planned = device.tries[number] ?? { forgets: false, pauseMs: 500 };
    const { outcome } = await send(plan, device, planned, world);
    if (isUnknown(outcome)) await rule(plan, world);
    if (!planned.forgets && isFinal(outcome)) return;
    if (outcome.kind === "lost") lost++;
    else number++;
    await pause(planned.pauseMs + (outcome.kind === "lost" ? LOST_MS : 0));
  }
}

/** Whether the client need not send it again, as the gateway or the API says. */
export function isFinal(outcome: Outcome): boolean {
  if (outcome.kind !== "answer") return false;
  if (outcome.problem !== undefined) return outcome.problem === "request-mismatch" || isUnknown(outcome);
  return isFinalStatus(outcome.status);
}

export function isFinalStatus(status: number): boolean {
  return status < 500 && ![401, 403, 425, 429].includes(status);
}

/** 409: the key is held, and nothing was sent. */
export function isUnknown(outcome: Outcome): outcome is Answer {
  return outcome.kind === "answer" && outcome.problem === "outcome-unknown" && outcome.status === 409;
}

/** Sends one request and writes down what became of it. */
export async function send(
  plan: KeyPlan,
  device: Pick<DevicePlan, "name" | "body">,
  { fault, disconnectsAfterMs }: Pick<TryPlan, "fault" | "disconnectsAfterMs">,
  world: World,
): Promise<Exchange> {
  const exchange: Exchange = {
    number: world.exchanges.length + 1,
    plan: plan.index,
    device: device.name,
    body: device.body,
    ...(fault !== undefined && { fault }),
    startedMs: world.now(),
    endedMs: Number.NaN,
    outcome: { kind: "hung" },
  };
  world.exchanges.push(exchange);
  const headers = {
    "Content-Type": "application/json",
    Authorization: plan.caller,
    "Idempotency-Key": plan.key,
    "X-Correlation-ID": `chaos-${exchange.number}`,
    [PLAN_FIELD]: `${plan.index}`,
    ...(fault !== undefined && { "X-Fault": fault }),
  };
  exchange.outcome = await requested(
    new URL(`/${plan.rule}/orders`, world.address),
    { method: "POST", headers, body: device.body, redirect: "manual" },
    TIMEOUT_S * 1000 + WAY_MS,
    disconnectsAfterMs,
  );
  exchange.endedMs = world.now();
  return exchange;
}

/** Once for a key, unless the answer is lost. */
async function rule({ index, caller, key, ruling }: KeyPlan, world: World): Promise<void> {
  if (ruling === undefined || world.rulings.some(({ plan }) => plan === index)) return;
  const said: Ruling = { plan: index, as: ruling, atMs: world.now(), accepted: undefined };
  world.rulings.push(said);
  const path = `/api/v1/operations/idempotency/${key}/resolution?scope=${world.scopes.get(caller)}`;
  const answer = { status: 201, body: BY_HAND };
  const outcome = await requested(
    new URL(path, world.address),
    {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(ruling === "completed" ? { as: ruling, answer } : { as: ruling }),
    },
    WAY_MS,
  );
  // A 503 says that it is not known whether it took effect.
  if (outcome.kind === "answer" && outcome.status < 500) said.accepted = outcome.status === 200;
}
