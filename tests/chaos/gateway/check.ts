// What the gateway promises, as a function of what clients and the API have seen. It trusts neither plans nor service.

import type { Answer, Interval } from "../history.ts";
import { BY_HAND, type Exchange, isFinalStatus, isUnknown, type Ruling } from "./clients.ts";
import { BEHAVIORS, type KeyPlan } from "./plan.ts";
import type { Arrival } from "./upstream.ts";

export interface Evidence {
  plans: KeyPlan[];
  exchanges: Exchange[];
  arrivals: Arrival[];
  rulings: Ruling[];
  /** What the service says of each key in the end, by the plan's number. */
  statuses: Map<number, string>;
  downtimes: Interval[];
  /** Panics that no fault asked for, as the runtime logged them. */
  unaskedPanics: string[];
}

export interface Violation {
  rule: Promise;
  /** The number of the plan; none if it is about the service as a whole. */
  plan?: number;
  detail: string;
}

export type Promise =
  | "one upstream request per key"
  | "one derived key per key"
  | "the upstream gets the request"
  | "one answer per key"
  | "one first answer per key"
  | "the answer is the upstream's"
  | "a key belongs to one request"
  | "every key settles"
  | "every request is answered"
  | "only answers of the contract"
  | "no panic that was not asked for";

type Found = [rule: Promise, detail: string];

/** How long after a runtime's return a connection of the time before may still break. */
const BROKEN_CONNECTIONS_MS = 1000;

/** All that happened to one key. */
interface Of {
  plan: KeyPlan;
  exchanges: Exchange[];
  arrivals: Arrival[];
  rulings: Ruling[];
  status: string | undefined;
}

export function check(evidence: Evidence): Violation[] {
  const found: Violation[] = evidence.unaskedPanics.map((detail) => ({
    rule: "no panic that was not asked for",
    detail,
  }));
  for (const plan of evidence.plans) {
    const own = <T extends { plan: number }>(of: T[]) => of.filter(({ plan: index }) => index === plan.index);
    const of: Of = {
      plan,
      exchanges: own(evidence.exchanges),
      arrivals: own(evidence.arrivals),
      rulings: own(evidence.rulings),
      status: evidence.statuses.get(plan.index),
    };
    const all = [
      ...of.exchanges.flatMap((exchange) => checkExchange(of, exchange, evidence.downtimes)),
      ...checkArrivals(of),
      ...checkAnswers(of),
      ...checkOwner(of),
      ...checkEnd(of),
    ];
    found.push(...all.map(([rule, detail]) => ({ rule, plan: plan.index, detail })));
  }
  return [...found, ...checkDerivedKeys(evidence)];
}

/** Each request for itself: it was answered, and with something that its client was told to expect. */
function checkExchange(
  { plan, arrivals }: Of,
  { number, outcome, startedMs, endedMs, fault }: Exchange,
  downtimes: Interval[],
): Found[] {
  const found = (rule: Promise, detail: string): Found[] => [[rule, `request ${number} ${detail}`]];
  switch (outcome.kind) {
    case "disconnected":
      return [];
    case "hung":
      return found("every request is answered", `had no answer in ${Math.round(endedMs - startedMs)} ms`);
    case "lost": {
      const killed = downtimes.some(
        ({ fromMs, toMs }) => startedMs <= toMs + BROKEN_CONNECTIONS_MS && endedMs >= fromMs,
      );
      if (killed) return [];
      return found("every request is answered", `lost its connection to a living runtime: ${outcome.reason}`);
    }
    case "answer": {
      const { status, problem, retryAfter, text } = outcome;
      if (problem === undefined) {
        const isUpstreams =
          text === BY_HAND || arrivals.some((of) => of.text === text && of.status === status);
        return isUpstreams ? [] : found("the answer is the upstream's", `got ${status}, which nobody sent`);
      }
      const kind = `${status} ${problem}`;
      if (!PROBLEMS[plan.rule === "resend" ? "resend" : "hold"].has(kind) && !(kind === FAILED && fault))
        return found("only answers of the contract", `was answered with ${kind}`);
      if (/^503|in-progress/.test(kind) && !/^[1-9]\d*$/.test(retryAfter ?? ""))
        return found("only answers of the contract", `was answered with ${kind} without Retry-After`);
      return [];
    }
  }
}

const FAILED = "503 operation-failed";
const BOTH = ["409 operation-in-progress", "422 request-mismatch", "503 service-unavailable"];
/** 502 to whoever asked, 504 if it was a time-out, and 409 to whoever comes after. */
const PROBLEMS = {
  hold: new Set([...BOTH, "409 outcome-unknown", "502 outcome-unknown", "504 upstream-timeout"]),
  resend: new Set([...BOTH, FAILED, "502 outcome-unknown", "504 upstream-timeout"]),
};

/**
 * Where the policy holds, no request is sent after one of which the upstream has not said that nothing was done, unless an
 * operator has said so in between.
 */
function checkArrivals({ plan, exchanges, arrivals, rulings }: Of): Found[] {
  const found: Found[] = [];
  const sent = new Set(exchanges.map(({ body }) => body));
  for (const { body } of arrivals)
    if (!sent.has(body)) found.push(["the upstream gets the request", `it got ${body}`]);
  const derived = new Set(arrivals.map(({ derivedKey }) => derivedKey));
  if (derived.size > 1 || derived.has(undefined) || derived.has(plan.key))
    found.push(["one derived key per key", `the upstream got ${[...derived].map(String).join(", ")}`]);
  if (plan.rule === "resend") return found;
  for (const [at, arrival] of arrivals.entries()) {
    const next = arrivals[at + 1];
    if (next === undefined || BEHAVIORS[arrival.behavior] === "nothing") continue;
    const isRuled = rulings.some(
      ({ as, accepted, atMs }) =>
        as === "failed" && accepted !== false && atMs > arrival.atMs && atMs < next.atMs,
    );
    if (!isRuled)
      found.push([
        "one upstream request per key",
        `after one that was ${arrival.behavior} at ${Math.round(arrival.atMs)} ms came another at ${Math.round(next.atMs)} ms`,
      ]);
  }
  return found;
}

/** No two keys have one derived key. */
function checkDerivedKeys({ arrivals }: Evidence): Violation[] {
  const owners = Map.groupBy(arrivals, ({ derivedKey }) => derivedKey);
  return [...owners].flatMap(([key, of]) => {
    const plans = new Set(of.map(({ plan }) => plan));
    if (plans.size === 1) return [];
    return [
      { rule: "one derived key per key", detail: `${key} is that of ${[...plans].join(" and ")}` } as const,
    ];
  });
}

/** Whoever gets a final answer gets the same bytes, and only one gets them unmarked. Any other is passed on once. */
function checkAnswers({ exchanges }: Of): Found[] {
  const answers = exchanges.flatMap(({ number, outcome }): (Answer & { number: number })[] =>
    outcome.kind === "answer" && outcome.problem === undefined ? [{ number, ...outcome }] : [],
  );
  const final = answers.filter(({ status }) => isFinalStatus(status));
  const different = new Set(final.map(({ status, location, text }) => `${status} ${location} ${text}`));
  const unmarked = final.filter(({ replayed }) => !replayed).map(({ number }) => number);
  const found: Found[] = [];
  if (different.size > 1) found.push(["one answer per key", `${different.size} different answers`]);
  if (unmarked.length > 1)
    found.push([
      "one first answer per key",
      `requests ${unmarked.join(", ")} were all answered as the first`,
    ]);
  for (const [, same] of Map.groupBy(
    answers.filter(({ status }) => !isFinalStatus(status)),
    ({ text }) => text,
  )) {
    const numbers = same.map(({ number }) => number).join(", ");
    if (same.length > 1)
      found.push([
        "one first answer per key",
        `requests ${numbers} all got an answer that is passed on once`,
      ]);
    if (same.some(({ replayed }) => replayed))
      found.push(["one first answer per key", `request ${numbers} got an answer again that is not final`]);
  }
  return found;
}

/** The first request owns the key: everyone else is told of the mismatch and nothing else, and it never is. */
function checkOwner({ exchanges }: Of): Found[] {
  const told = (isIt: (outcome: Answer) => boolean) =>
    new Set(
      exchanges.flatMap(({ body, outcome }) => (outcome.kind === "answer" && isIt(outcome) ? [body] : [])),
    );
  const isMismatch = ({ problem }: Answer) => problem === "request-mismatch";
  const owners = told((outcome) => !isMismatch(outcome) && outcome.problem !== "service-unavailable");
  const strangers = told(isMismatch);
  const both = [...owners].filter((body) => strangers.has(body));
  const found: Found[] = [];
  if (owners.size > 1)
    found.push(["a key belongs to one request", `it was that of ${[...owners].join(" and ")}`]);
  if (both.length > 0)
    found.push(["a key belongs to one request", `${both.join()} was its own and another's`]);
  return found;
}

/** In the end a key has an answer, or is known to be of unknown outcome. */
function checkEnd({ plan, exchanges, status }: Of): Found[] {
  const own = ({ device, outcome }: Exchange) =>
    device === FINAL && !(outcome.kind === "answer" && outcome.problem === "request-mismatch");
  const calm = exchanges.findLast(own)?.outcome;
  const found = (detail: string): Found[] => [["every key settles", detail]];
  if (calm === undefined) return found("nobody asked for it in the end");
  if (calm.kind !== "answer") return found(`the last request was ${calm.kind}`);
  const { problem, status: code } = calm;
  if (status === "COMPLETED")
    return problem === undefined && isFinalStatus(code) ? [] : found(`COMPLETED, and answered with ${code}`);
  if (status === "AMBIGUOUS" && plan.rule !== "resend")
    return isUnknown(calm) ? [] : found(`AMBIGUOUS, and answered with ${code} ${problem}`);
  return found(`its status is ${status ?? "not known"}, after ${code} ${problem ?? ""}`);
}

/** The device that asks when nothing goes wrong any more. */
export const FINAL = "final";
