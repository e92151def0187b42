// What a run is told by: how much of everything there was.

import type { Server } from "../harness/server.ts";
import { compositeKey, type Evidence, type Exchange, isSuccess, successOf } from "./history.ts";

export interface Figures {
  keys: number;
  requests: number;
  /** By status and problem. */
  answers: Record<string, number>;
  /** Successes that were marked as replays. */
  replays: number;
  disconnects: number;
  /** Requests that a killed runtime left without an answer. */
  lost: number;
  hung: number;
  kills: number;
  /** Panics of the Rust code, as the runtime logged them. */
  panics: number;
  /** Attempts that were started with the order to reset their object. */
  aborts: number;
  d1Outages: number;
  /** Attempts that failed because D1 did. */
  d1Errors: number;
  /** Attempts that outlived their deadline. */
  deadlines: number;
  /** Attempts that ended when another had taken their place, and were refused. */
  late: number;
  /** Objects that the runtime evicted because they were idle. */
  evictions: number;
  /** Keys that took more than one attempt. */
  recoveries: number;
  effects: number;
  /**
   * The longest that a device which was never out of reach, and kept asking, was kept from its answer: from
   * the moment when its first request was known to have failed (no answer, or a 503) to its first success.
   * Its own pauses, which grow to three seconds, are part of that.
   */
  longestStuckMs: number;
  /** Which device of which composite key that was. */
  longestStuck: string;
}

const PANIC = "panicked at ";
/** What else ends the wasm instance. */
const ENDS = [PANIC, "RuntimeError", "RangeError"];
const LATE = "Attempt ended after it was given up";
const ASKED_PANIC = "a panic was asked for";

export function measure(
  evidence: Evidence,
  { logs, noise }: Pick<Server, "logs" | "noise">,
  counted: { d1Outages: number; evictions: number },
  away: ReadonlySet<string>,
): Figures {
  const { exchanges, effects, statuses, downtimes } = evidence;
  const outcomes = (kind: Exchange["outcome"]["kind"]) =>
    exchanges.filter(({ outcome }) => outcome.kind === kind).length;
  const reasons = (reason: RegExp) => logs.filter((line) => reason.test(String(line["reason"]))).length;
  return {
    keys: statuses.length,
    requests: exchanges.length,
    answers: answersByKind(exchanges),
    replays: exchanges.filter(({ outcome }) => successOf(outcome)?.replayed).length,
    disconnects: outcomes("disconnected"),
    lost: outcomes("lost"),
    hung: outcomes("hung"),
    kills: downtimes.length,
    panics: noise.filter((line) => line.includes(PANIC)).length,
    aborts: abortedAttempts(exchanges, logs),
    ...counted,
    d1Errors: reasons(/^the database failed/),
    deadlines: reasons(/^the attempt's deadline passed/),
    late: logs.filter(({ message }) => message === LATE).length,
    recoveries: statuses.filter(({ attempts }) => attempts >= 2).length,
    effects: effects.length,
    ...longestStuck(exchanges, away),
  };
}

/** What was logged of panics, and of other ends of the instance, that nobody asked for. */
export function unaskedPanics(noise: string[]): string[] {
  return noise.filter((line) => ENDS.some((end) => line.includes(end)) && !line.includes(ASKED_PANIC));
}

/** By status and problem. */
export function answersByKind(exchanges: Pick<Exchange, "outcome">[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { outcome } of exchanges) {
    if (outcome.kind !== "answer") continue;
    const kind = [outcome.status, outcome.problem].filter(Boolean).join(" ");
    counts[kind] = (counts[kind] ?? 0) + 1;
  }
  return Object.fromEntries(Object.entries(counts).sort());
}

/** Requests that asked for a reset, and whose attempt started and did not fail instead. */
function abortedAttempts(exchanges: Exchange[], logs: Server["logs"]): number {
  const told = (message: RegExp) =>
    new Set(
      logs.filter((line) => message.test(String(line["message"]))).map((line) => `${line["correlation_id"]}`),
    );
  const started = told(/^(Starting idempotent operation|Previous attempt failed)/);
  const failed = told(/^Idempotent operation failed/);
  return exchanges.filter(({ number, fault }) => {
    const id = `chaos-${number}`;
    return fault?.includes("abort-") && started.has(id) && !failed.has(id);
  }).length;
}

function longestStuck(exchanges: Exchange[], away: ReadonlySet<string>) {
  const longest = { longestStuckMs: 0, longestStuck: "none" };
  for (const [device, own] of Map.groupBy(exchanges, (of) => `${compositeKey(of)}/${of.device}`)) {
    const failed = own.findIndex(({ outcome }) => !isSuccess(outcome));
    const succeeded = own.find(({ outcome }, index) => index > failed && isSuccess(outcome));
    if (away.has(device) || failed < 0 || succeeded === undefined) continue;
    const stuckMs = Math.round(succeeded.endedMs - own[failed]!.endedMs);
    if (stuckMs > longest.longestStuckMs)
      Object.assign(longest, { longestStuckMs: stuckMs, longestStuck: device });
  }
  return longest;
}
