// What happens to each intent: who asks for it, when they die, and what the network does. A function of seed and number.

import type { Random } from "../../chaos/random.ts";
import type { Fault } from "../proxy.ts";

/** For how many seconds the client takes the keys of `short` intents to live. It sends for nine tenths of it. */
export const SHORT_LIFETIME_S = 5;

/** After how many the service forgets them. The machine may be busy for as long as lies between. */
export const FORGOTTEN_AFTER_S = 10;

/** The service's attempt deadline, in seconds. */
export const ATTEMPT_DEADLINE_S = 2;

/** Kinds of stores. All clients of an intent have the same store. */
export const STORES = ["memory", "asyncStorage", "sqlite"] as const;

/**
 * `resource` and `transaction`: an attempt may be repeated. `short`: the service soon forgets the key. `unrepeated`: an
 * attempt that may have taken effect is not repeated, and its outcome may stay unknown.
 */
export type Kind = "resource" | "transaction" | "short" | "unrepeated";

export interface IntentPlan {
  /** Unique. What the service does bears this name. */
  name: string;
  kind: Kind;
  store: (typeof STORES)[number];
  /** By name, what is asked for: the same request, or another. */
  bodies: Record<"own" | "invalid" | "other", string>;
  askers: AskerPlan[];
  /** What happens to its requests, in the order in which they come; nothing to those that come later. */
  faults: Fault[];
}

/** Somebody who wants it: a tab, a device's process. It asks again after it has died. */
export interface AskerPlan {
  body: keyof IntentPlan["bodies"];
  startsAfterMs: number;
  lives: LifePlan[];
  /** It puts its request into an outbox. */
  posts: boolean;
  /** What it asks for instead, once its request was refused, or another was sent before it. */
  corrected?: keyof IntentPlan["bodies"];
}

export interface LifePlan {
  /** It dies at this step: before or after something is stored or sent. */
  steps: number;
  /** It dies after this time, whatever it does. */
  diesAfterMs: number;
  /** How long it is gone then, in milliseconds. */
  goneMs: number;
  /** It stops waiting after this time, and asks again. */
  abortsAfterMs: number;
  /** It asks by `resume`, if there is something to resume. */
  resumes: boolean;
}

/** More requests than a client sends within a few seconds: after them, an intent meets no more trouble of its own. */
const TROUBLED_REQUESTS = 6;

export function planIntent(seed: Random, index: number): IntentPlan {
  const random = seed.fork(index);
  const name = `intent-${index}`;
  const kind = random.weigh<Kind>([
    [5, "resource"],
    [2, "transaction"],
    [2, "short"],
    [3, "unrepeated"],
  ]);
  const isInvalid = kind !== "unrepeated" && random.chance(0.1);
  const first = asker(
    random,
    kind,
    isInvalid ? { body: "invalid", corrected: "own" } : random.chance(0.3) ? { corrected: "other" } : {},
  );
  const askers = [first];
  // Another tab, or a click that comes twice.
  while (random.chance(0.3))
    askers.push(asker(random, kind, { ...first, startsAfterMs: random.between(0, 400) }));
  if (random.chance(0.1))
    askers.push(asker(random, kind, { body: "other", startsAfterMs: random.between(0, 800) }));
  const faults = Array.from({ length: random.between(0, TROUBLED_REQUESTS) }, () => fault(random));
  return { name, kind, store: random.pick(STORES), bodies: bodies(random, name, kind), askers, faults };
}

function asker(random: Random, kind: Kind, given: Partial<AskerPlan>): AskerPlan {
  const count = random.weigh([
    [4, 0],
    [3, 1],
    [2, 2],
    [1, 4],
  ]);
  const lives = Array.from({ length: count }, () => life(random));
  if (kind === "short" && lives[0] && random.chance(0.4))
    lives[0].goneMs = random.pick([SHORT_LIFETIME_S, FORGOTTEN_AFTER_S]) * 1000;
  return { body: "own", startsAfterMs: 0, posts: random.chance(0.25), ...given, lives };
}

function life(random: Random): LifePlan {
  const lasting = { steps: Infinity, diesAfterMs: Infinity, abortsAfterMs: Infinity };
  const end = random.weigh<Partial<LifePlan>>([
    [5, { steps: random.between(1, 14) }],
    [2, { diesAfterMs: random.between(0, 1500) }],
    [2, { abortsAfterMs: random.between(0, 1500) }],
  ]);
  return { ...lasting, ...end, goneMs: random.between(0, 300), resumes: random.chance(0.3) };
}

function fault(random: Random): Fault {
  const ms = random.between(0, 1200);
  const retryAfterMs = random.between(0, 2000);
  return random.weigh<Fault>([
    [4, { kind: "cut-before" }],
    [5, { kind: "cut-after" }],
    [2, { kind: "torn" }],
    [2, { kind: "lost" }],
    [3, { kind: "delay", ms }],
    [3, { kind: "late", ms }],
    [2, { kind: "twice" }],
    // The second one is told that the first one runs.
    [2, { kind: "twice", fault: "delay=1500" }],
    [2, { kind: "again", ms }],
    [1, { kind: "answer", status: 429, headers: () => inSeconds(retryAfterMs) }],
    [1, { kind: "answer", status: 503, headers: () => asDate(retryAfterMs) }],
    [1, { kind: "answer", status: random.pick([408, 425, 500, 502, 504]), body: "<h1>Oops</h1>" }],
    // A session that has ended says nothing of the requests before.
    [2, { kind: "answer", status: 401 }],
    [6, { kind: "service", fault: serviceFault(random) }],
  ]);
}

/** `Retry-After`, in its two forms. */
const inSeconds = (ms: number) => ({ "Retry-After": `${Math.round(ms / 1000)}` });
const asDate = (ms: number) => ({ "Retry-After": new Date(Date.now() + ms).toUTCString() });

function serviceFault(random: Random): string {
  const delay = `delay=${random.between(20, 900)}`;
  const end = random.pick([
    "abort-before",
    "abort-after",
    "abort-after",
    "fail-before",
    "fail-after",
    "panic",
  ]);
  const tooLong = `delay=${ATTEMPT_DEADLINE_S * 1000 + random.between(-50, 500)}`;
  return random.weigh([
    [4, end],
    [3, delay],
    [2, `${delay},${end}`],
    [1, tooLong],
  ]);
}

/** No service takes the one that is invalid. */
function bodies(random: Random, name: string, kind: Kind): IntentPlan["bodies"] {
  const of = (body: string): object => {
    switch (kind) {
      case "resource":
        return { name, metadata: { body } };
      case "transaction":
        return {
          amount: random.between(1, 9999),
          description: name,
          currency: body === "own" ? "EUR" : "USD",
        };
      case "short":
        return { user_id: name, action: "data_access", details: { body } };
      case "unrepeated":
        return { end: "answered", body };
    }
  };
  return { own: JSON.stringify(of("own")), other: JSON.stringify(of("other")), invalid: "{}" };
}
