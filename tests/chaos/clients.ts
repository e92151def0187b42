// The clients: they send, hang up, lose answers, and try again as mobile apps do.

import { setTimeout as pause } from "node:timers/promises";
import type { Exchange, Outcome } from "./history.ts";
import { isSuccess } from "./history.ts";
import { ATTEMPT_DEADLINE_S, type DevicePlan, type KeyPlan, type TryPlan } from "./plan.ts";

/** What the clients need to know of the run. */
export interface World {
  address: URL;
  exchanges: Exchange[];
  /** Milliseconds since the run began. */
  now(): number;
  /** Whether things are still made to go wrong. */
  troubled(): boolean;
  /** When every client gives up, however patient: what has not settled by then never will. */
  endsMs: number;
}

/** What the service takes for the way to an object and back, in seconds, beside the attempt and the wait. */
const WAY_S = 2;

/** How much later than the service promises an answer may come on a busy machine, in milliseconds. */
const MARGIN_MS = 20_000;

/** The first pause between two requests of a device at the longest, and the longest there is. */
const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 3000;

/** All devices of a key, until each of them has succeeded, been refused or given up. */
export async function useKey(plan: KeyPlan, world: World): Promise<void> {
  await Promise.all(
    plan.devices.map(async (device) => {
      if (device.startsAfterMs > 0) await pause(device.startsAfterMs);
      await insist(plan, device, world);
    }),
  );
}

/** Sends until the request has succeeded, was refused, or patience or the run is at its end. */
async function insist(plan: KeyPlan, device: DevicePlan, world: World): Promise<void> {
  for (let number = 0; number < device.patience && world.now() < world.endsMs; number++) {
    const planned = device.tries[number];
    const calm: TryPlan = {
      spelling: device.request.spellings[0]!,
      waitS: 0,
      forgets: false,
      jitter: planned?.jitter ?? 0.5,
    };
    const attempt = planned !== undefined && world.troubled() ? planned : calm;
    const { outcome } = await send(plan, device, attempt, world);
    if (!attempt.forgets && isFinal(outcome)) return;
    const away = number === 0 && world.troubled() ? device.awayMs : 0;
    await pause(away + pauseMs(number, calm.jitter, outcome));
  }
}

/** Whether the client need not, or may not, send it again. */
function isFinal(outcome: Outcome): boolean {
  return outcome.kind === "answer" && (isSuccess(outcome) || [400, 422].includes(outcome.status));
}

/** Exponential, with full jitter; Retry-After is taken as a hint. */
function pauseMs(number: number, jitter: number, outcome: Outcome): number {
  const backoffMs = jitter * Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** number);
  const retryAfterS = outcome.kind === "answer" ? Number(outcome.retryAfter ?? 0) : 0;
  // Every other client obeys it, most of those with impatience.
  return jitter < 0.5 ? backoffMs : Math.max(backoffMs, retryAfterS * 1000 * (jitter - 0.3));
}

/** Sends one request and writes down what became of it. */
export async function send(
  plan: Pick<KeyPlan, "caller" | "key">,
  device: Pick<DevicePlan, "name" | "request" | "field">,
  attempt: TryPlan,
  world: World,
): Promise<Exchange> {
  const { caller, key } = plan;
  const { name, request, field } = device;
  const { fault, waitS } = attempt;
  const exchange: Exchange = {
    number: world.exchanges.length + 1,
    caller,
    key,
    device: name,
    request: request.name,
    valid: request.valid,
    ...(fault !== undefined && { fault }),
    waitS,
    startedMs: world.now(),
    endedMs: Number.NaN,
    outcome: { kind: "hung" },
  };
  world.exchanges.push(exchange);
  const headers = {
    "Content-Type": "application/json",
    Authorization: `Bearer ${caller}`,
    [field]: field === "Idempotency-Key" ? `"${key}"` : key,
    "X-Correlation-ID": `chaos-${exchange.number}`,
    ...(fault !== undefined && { "X-Fault": fault }),
    ...(waitS > 0 && { Prefer: `wait=${waitS}` }),
  };
  const longestMs = (ATTEMPT_DEADLINE_S + waitS + WAY_S) * 1000 + MARGIN_MS;
  exchange.outcome = await requested(
    new URL(request.path, world.address),
    { method: "POST", headers, body: attempt.spelling },
    longestMs,
    attempt.disconnectsAfterMs,
  );
  exchange.endedMs = world.now();
  return exchange;
}

/** What becomes of a request whose client waits for `longestMs`, or hangs up before. */
export async function requested(
  url: URL,
  init: RequestInit,
  longestMs: number,
  disconnectsAfterMs?: number,
): Promise<Outcome> {
  const end = new AbortController();
  const hangsUp = disconnectsAfterMs !== undefined && disconnectsAfterMs < longestMs;
  const timer = setTimeout(() => end.abort(), hangsUp ? disconnectsAfterMs : longestMs);
  try {
    const response = await fetch(url, { ...init, signal: end.signal });
    // Latin-1 keeps each byte.
    return answered(response, Buffer.from(await response.arrayBuffer()).toString("latin1"));
  } catch (error) {
    if (end.signal.aborted) return { kind: hangsUp ? "disconnected" : "hung" };
    const { message, cause } = error as Error;
    return { kind: "lost", reason: cause instanceof Error ? cause.message || cause.name : message };
  } finally {
    clearTimeout(timer);
  }
}

function answered(response: Response, text: string): Outcome {
  const { status, headers } = response;
  const isProblem = headers.get("Content-Type") === "application/problem+json";
  return {
    kind: "answer",
    status,
    text,
    location: headers.get("Location"),
    replayed: headers.get("Idempotent-Replayed") === "true",
    retryAfter: headers.get("Retry-After"),
    ...(isProblem && { problem: JSON.parse(text).type.replace("/problems/", "") }),
  };
}
