/** The cases of packages/client/vectors, whose form packages/client/ALGORITHM.md describes. */

import { readFileSync } from "node:fs";
import type { Entry, Pending } from "../../packages/client/src/types.ts";

export interface VectorRequest {
  method: string;
  url: string;
  headers: Record<string, string>;
  body?: string;
}

export interface Step {
  at: number;
  event:
    | "call"
    | "resume"
    | "answer"
    | "network-error"
    | "timeout"
    | "timer"
    | "abort"
    | "acknowledge"
    | "pending"
    | "restart"
    | "storage-cleared";
  call?: number;
  storeFails?: boolean;
  intent?: string;
  request?: VectorRequest;
  newKey?: string;
  replace?: boolean;
  keep?: boolean;
  status?: number;
  headers?: Record<string, string>;
  body?: string;
  random?: number;
  effects: Effect[];
}

export type Effect =
  | { effect: "store"; entry: Entry }
  | { effect: "remove"; intent: string }
  | ({ effect: "send"; timeoutAt: number } & VectorRequest)
  | { effect: "wait"; until: number }
  | { effect: "respond"; status: number }
  | { effect: "fail"; error: string; reason?: string }
  | { effect: "list"; entries: Pending[] };

export interface Case {
  name: string;
  options?: Partial<typeof DEFAULTS>;
  stored?: Record<string, unknown>;
  steps: Step[];
}

/** The options that vectors set, as ALGORITHM.md lists them. */
export const DEFAULTS = {
  keyField: "Idempotency-Key",
  preferWaitS: 10,
  lifetimeMs: 86_400_000,
  deadlineMs: 120_000,
  attemptMs: 40_000,
  keep: false,
};

const FOLDER = new URL("../../packages/client/vectors/", import.meta.url);

export const FILES = ["claim", "answers", "waits", "calls"] as const;

/** The cases of a file, with what they leave out. */
export function cases(file: (typeof FILES)[number]): Case[] {
  const { base, cases } = read(file) as { base: Base; cases: Brief<Case>[] };
  return cases.map(({ stored = {}, damaged = {}, steps, ...rest }) => {
    const whole = Object.entries(stored).map(([intent, entry]) => [intent, merged(base.entry, entry)]);
    return {
      ...rest,
      stored: { ...Object.fromEntries(whole), ...damaged },
      steps: steps.map((step) => filled(step, base)),
    } as Case;
  });
}

interface Base {
  intent: string;
  newKey: string;
  request: VectorRequest;
  entry: Entry;
  send: object;
}

type Brief<T> = Omit<T, "steps"> & { damaged?: Record<string, unknown>; steps: Step[] };

function filled(step: Step, { intent, newKey, request, entry, send }: Base): Step {
  const ofIntent = ["call", "resume", "acknowledge"].includes(step.event);
  return {
    ...(ofIntent && { intent, newKey }),
    ...(step.event === "answer" && { headers: {}, body: "" }),
    ...step,
    ...(step.event === "call" && { request: merged(request, step.request ?? {}) as VectorRequest }),
    effects: step.effects.map((effect) => {
      if (effect.effect === "store") return { ...effect, entry: merged(entry, effect.entry) as Entry };
      if (effect.effect === "send") return merged(send, effect) as Effect;
      if (effect.effect === "remove") return { ...effect, intent: effect.intent ?? intent };
      if (effect.effect !== "list") return effect;
      const whole = (one: Pending) => (one.state === "corrupt" ? one : (merged(entry, one) as Entry));
      return { ...effect, entries: effect.entries.map(whole) };
    }),
  };
}

/** JSON Merge Patch (RFC 7396). */
function merged(target: unknown, patch: unknown): unknown {
  if (typeof patch !== "object" || patch === null || Array.isArray(patch)) return patch;
  const result: Record<string, unknown> = { ...(target as object) };
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete result[name];
    else result[name] = merged(result[name], value);
  }
  return result;
}

export interface DigestCase {
  name: string;
  method: string;
  url: string;
  contentType?: string;
  /** Base64. */
  content: string;
  digest: string;
}

export const digestCases = () => read("digest") as DigestCase[];

function read(file: string): unknown {
  return JSON.parse(readFileSync(new URL(`${file}.json`, FOLDER), "utf8"));
}
