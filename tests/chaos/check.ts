// The promises, as a function of what was seen. It trusts neither the clients' plans nor the service.

import {
  type Effect,
  type Evidence,
  type Exchange,
  type Interval,
  type KeyStatus,
  byCompositeKey,
  compositeKey,
  isSuccess,
  successOf,
} from "./history.ts";

export interface Violation {
  rule: Rule;
  /** The composite key it is about; none if it is about the service as a whole. */
  of?: string;
  detail: string;
}

export type Rule =
  | "one effect per key"
  | "one answer per key"
  | "one first answer per key"
  | "the answer tells of the effect"
  | "a key belongs to one request"
  | "every key settles"
  | "every request is answered"
  | "only answers of the contract"
  | "no panic that was not asked for";

/** How long after a runtime's return a connection of the time before may still break. */
const BROKEN_CONNECTIONS_MS = 1000;

export function check(evidence: Evidence): Violation[] {
  const effects = byCompositeKey(evidence.effects);
  const statuses = new Map(evidence.statuses.map((status) => [compositeKey(status), status]));
  const keys = byCompositeKey(evidence.exchanges);
  const violations: Violation[] = evidence.unaskedPanics.map((detail) => ({
    rule: "no panic that was not asked for",
    detail,
  }));
  for (const [of, exchanges] of keys) {
    const found = [
      ...exchanges.flatMap((exchange) => checkExchange(exchange, evidence.downtimes)),
      ...checkAnswers(exchanges),
      ...checkOwner(exchanges),
      ...checkEffects(exchanges, effects.get(of) ?? []),
      ...checkStatus(exchanges, statuses.get(of)),
    ];
    violations.push(...found.map(([rule, detail]) => ({ rule, of, detail })));
  }
  for (const of of effects.keys())
    if (!keys.has(of)) violations.push({ rule: "one effect per key", of, detail: "a row nobody asked for" });
  return violations;
}

type Found = [rule: Rule, detail: string];

/** Each request for itself: it was answered, and with something that its client was told to expect. */
function checkExchange(
  { number, valid, outcome, startedMs, endedMs }: Exchange,
  downtimes: Interval[],
): Found[] {
  const found = (rule: Rule, detail: string): Found[] => [[rule, `request ${number} ${detail}`]];
  switch (outcome.kind) {
    case "disconnected":
      return [];
    case "hung":
      return found("every request is answered", `had no answer in ${Math.round(endedMs - startedMs)} ms`);
    case "lost": {
      const killed = downtimes.some(
        ({ fromMs, toMs }) => startedMs <= toMs + BROKEN_CONNECTIONS_MS && endedMs >= fromMs,
      );
      return killed
        ? []
        : found("every request is answered", `lost its connection to a living runtime: ${outcome.reason}`);
    }
    case "answer": {
      const { status, problem, retryAfter } = outcome;
      const kind = problem === undefined ? `${status}` : `${status} ${problem}`;
      const expected = valid ? EXPECTED_OF_VALID : EXPECTED_OF_INVALID;
      if (!expected.has(kind)) return found("only answers of the contract", `was answered with ${kind}`);
      const needsRetryAfter = status === 409 || status === 503;
      if (needsRetryAfter && !/^[1-9]\d*$/.test(retryAfter ?? ""))
        return found("only answers of the contract", `was answered with ${kind} without Retry-After`);
      return [];
    }
  }
}

const EXPECTED_OF_INVALID = new Set(["422 validation-failed", "503 service-unavailable"]);
const EXPECTED_OF_VALID = new Set([
  "201",
  "400 request-mismatch",
  "422 request-mismatch",
  "409 operation-in-progress",
  "503 operation-failed",
  "503 service-unavailable",
]);

/** Whoever succeeds gets the same bytes, and only the request that took effect gets them unmarked. */
function checkAnswers(exchanges: Exchange[]): Found[] {
  const successes = exchanges.flatMap(({ number, outcome }) => {
    const answer = successOf(outcome);
    return answer ? [{ number, ...answer }] : [];
  });
  const answers = new Set(successes.map(({ status, location, text }) => `${status} ${location} ${text}`));
  const unmarked = successes.filter(({ replayed }) => !replayed).map(({ number }) => number);
  const found: Found[] = [];
  if (answers.size > 1)
    found.push(["one answer per key", `${answers.size} different answers: ${[...answers].join(" | ")}`]);
  if (unmarked.length > 1)
    found.push([
      "one first answer per key",
      `requests ${unmarked.join(", ")} were all answered as the first`,
    ]);
  return found;
}

/**
 * The first request that reached the service owns the key. Which one that was shows in the answers: its owner
 * is told of success, of failure or of an attempt under way, everyone else of the mismatch and nothing else.
 */
function checkOwner(exchanges: Exchange[]): Found[] {
  const owners = new Map<string, number>();
  const strangers = new Map<string, number>();
  for (const { number, request, outcome } of exchanges) {
    if (outcome.kind !== "answer") continue;
    const owns =
      isSuccess(outcome) ||
      outcome.problem === "operation-in-progress" ||
      outcome.problem === "operation-failed";
    if (owns) owners.set(request, number);
    if (outcome.problem === "request-mismatch") strangers.set(request, number);
  }
  const found: Found[] = [];
  if (owners.size > 1) {
    const claims = [...owners].map(([request, number]) => `${request} in request ${number}`);
    found.push(["a key belongs to one request", `it was treated as that of ${claims.join(" and ")}`]);
  }
  for (const [request, number] of owners) {
    const refused = strangers.get(request);
    if (refused === undefined) continue;
    found.push([
      "a key belongs to one request",
      `${request} was its own in request ${number} and another's in request ${refused}`,
    ]);
  }
  return found;
}

/** One row per key that a valid payload was sent with, none for the others, and it is the row of the answer. */
function checkEffects(exchanges: Exchange[], effects: Effect[]): Found[] {
  const expected = exchanges.some(({ valid }) => valid) ? 1 : 0;
  if (effects.length !== expected) {
    const rows = effects.map(({ table, id, request }) => `${request} in ${table} as ${id}`);
    return [
      [
        "one effect per key",
        `${effects.length} rows where ${expected} should be: ${rows.join(", ") || "none"}`,
      ],
    ];
  }
  return exchanges.flatMap(({ number, request, outcome }): Found[] => {
    const answer = successOf(outcome);
    if (!answer) return [];
    const [effect] = effects;
    const id = idIn(answer.text);
    if (effect?.id === id && effect?.request === request) return [];
    const row = `the row is ${effect?.id} of ${effect?.request}`;
    return [["the answer tells of the effect", `request ${number} (${request}) was told of ${id}, ${row}`]];
  });
}

function idIn(text: string): unknown {
  try {
    return JSON.parse(text).id;
  } catch {
    return undefined;
  }
}

function checkStatus(exchanges: Exchange[], status: KeyStatus | undefined): Found[] {
  const attempted = exchanges.some(({ valid }) => valid);
  const expected = attempted ? "COMPLETED" : "UNKNOWN";
  const found: Found[] = [];
  if (status?.status !== expected)
    found.push(["every key settles", `its status is ${status?.status ?? "not known"}, not ${expected}`]);
  if (attempted && !exchanges.some(({ outcome }) => isSuccess(outcome)))
    found.push(["every key settles", "no request with it ever succeeded"]);
  return found;
}
