// What will be asked with each key, what the API will do with it, and what an operator will say: a function of seed and
// number.

import type { Random } from "../random.ts";

/** How long the gateway waits for the API in this run, in seconds. */
export const TIMEOUT_S = 2;

/** What the API sees of a caller, and the gateway too. */
export const CALLERS = ["Basic YWRhOng=", "Basic Z3JhY2U6", "Bearer edsger"] as const;

/**
 * The routes of the policy: `hold` says so, `wait` too and lets retries wait for the running attempt, and `resend` sends
 * again.
 */
export const RULES = ["hold", "wait", "resend"] as const;
export type Rule = (typeof RULES)[number];

/**
 * What the API does with a request, once it has read it. All but the last two are done by then: the payment is made. What
 * is final is so by the policy's defaults.
 */
export const BEHAVIORS = {
  created: "final",
  slow: "final",
  redirected: "final",
  refused: "final",
  /** 201, after the gateway's time-out. */
  late: "unknown",
  /** Nothing, and the connection stays. */
  silent: "unknown",
  /** Nothing, and the connection is reset. */
  reset: "unknown",
  /** Nothing, and the connection ends. */
  ended: "unknown",
  /** A part of the answer, and the connection is reset. */
  cut: "unknown",
  /** A part of an answer in chunks, and the connection ends. */
  cutInChunks: "unknown",
  /** What is no HTTP. */
  garbage: "unknown",
  /** 500, 502, 503 or 504, whole. */
  error: "unknown",
  /** 401 or 403. */
  denied: "nothing",
  /** 425. */
  tooEarly: "nothing",
  /** 429. */
  busy: "nothing",
} as const;
export type Behavior = keyof typeof BEHAVIORS;
export const NAMES = Object.keys(BEHAVIORS) as Behavior[];

export interface KeyPlan {
  index: number;
  caller: string;
  key: string;
  rule: Rule;
  /** What the API does with the key's first request, its second, and so on; what comes after them is created. */
  behaviors: Behavior[];
  devices: DevicePlan[];
  /** What an operator says of the key as soon as its outcome is unknown. */
  ruling?: "failed" | "completed";
}

/** A client with one request to get through. */
export interface DevicePlan {
  name: string;
  body: string;
  /** When it starts, in milliseconds after the key's first request may. */
  startsAfterMs: number;
  /** How many requests it sends at most. */
  patience: number;
  tries: TryPlan[];
}

export interface TryPlan {
  fault?: string;
  /** After how many milliseconds the client hangs up. */
  disconnectsAfterMs?: number;
  /** It gets the answer and loses it. */
  forgets: boolean;
  pauseMs: number;
}

/** After so many requests a device meets no more trouble of its own. */
const TROUBLED_TRIES = 5;
const PATIENCE = 6;

export function planKey(seed: Random, index: number): KeyPlan {
  const random = seed.fork(index);
  // One in eight has the key of its predecessor, and another caller: independent of each other.
  const shared = index > 0 && random.chance(1 / 8);
  const key = `order-${seed.fork(shared ? index - 1 : index).uuid()}`;
  const rule = random.weigh([
    [5, "hold"],
    [2, "wait"],
    [3, "resend"],
  ] as const);
  const ruling = random.chance(0.3) ? random.pick(["failed", "completed"] as const) : undefined;
  return {
    index,
    caller: CALLERS[index % CALLERS.length]!,
    key,
    rule,
    // So that a short run has each of them, whatever is drawn.
    behaviors: [NAMES[index % (2 * NAMES.length)] ?? "created", ...three(() => behavior(random))],
    devices: devices(random, index),
    ...(rule !== "resend" && ruling !== undefined && { ruling }),
  };
}

const three = <T>(draw: () => T): T[] => [draw(), draw(), draw()];

function behavior(random: Random): Behavior {
  return random.weigh<Behavior>([
    [4, "created"],
    [2, "slow"],
    [6, random.pick(NAMES.filter((name) => BEHAVIORS[name] === "unknown"))],
    [2, random.pick(NAMES.filter((name) => BEHAVIORS[name] === "nothing"))],
    [1, random.pick(["redirected", "refused"])],
  ]);
}

function devices(random: Random, index: number): DevicePlan[] {
  const own = JSON.stringify({ order: index, cents: random.between(1, 99_999) });
  const planned = [devicePlan(random, "phone", own, 0)];
  if (random.chance(0.4)) planned.push(devicePlan(random, "tablet", own, random.between(0, 100)));
  if (random.chance(0.05))
    for (let member = 1; member <= 8; member++) planned.push(devicePlan(random, `crowd-${member}`, own, 0));
  if (random.chance(0.15))
    planned.push({
      ...devicePlan(random, "stranger", JSON.stringify({ order: "another" }), random.between(100, 1500)),
      patience: 2,
    });
  return planned;
}

function devicePlan(random: Random, name: string, body: string, startsAfterMs: number): DevicePlan {
  const tries = Array.from({ length: TROUBLED_TRIES }, () => troubledTry(random));
  return { name, body, startsAfterMs, patience: PATIENCE, tries };
}

function troubledTry(random: Random): TryPlan {
  const fault = random.chance(0.12) ? faultPlan(random) : undefined;
  const disconnectsAfterMs = random.chance(0.2) ? random.between(0, 400) : undefined;
  return {
    forgets: random.chance(0.2),
    pauseMs: random.between(100, 1200),
    ...(fault !== undefined && { fault }),
    ...(disconnectsAfterMs !== undefined && { disconnectsAfterMs }),
  };
}

/** What goes wrong in the gateway itself, before the API is asked or after it has answered. */
function faultPlan(random: Random): string {
  return random.weigh([
    [3, "abort-before"],
    [4, "abort-after"],
    [2, "fail-before"],
    [3, "fail-after"],
    [1, "panic"],
    [2, `delay=${random.between(20, 400)}`],
  ]);
}
