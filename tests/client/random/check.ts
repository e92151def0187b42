// Whether a run has kept what the client promises.

import type { Asked, Ending, Evidence } from "./evidence.ts";
import type { Passed } from "../proxy.ts";
import { FORGOTTEN_AFTER_S, type IntentPlan } from "./plan.ts";

/** What no store may hold. */
export const CREDENTIAL = "a-secret-of-the-caller";

/** What is wrong, a sentence each. */
export function check(evidence: Evidence): string[] {
  const { plans, unstored, waiting, remains } = evidence;
  return [
    ...unstored.map(({ key }) => `${key} was sent before it was stored`),
    ...waiting.map((intent) => `${intent} still waits in an outbox`),
    ...(remains.includes(CREDENTIAL) ? ["a credential is stored"] : []),
    ...plans.flatMap((plan) =>
      checkIntent(plan, evidence).map((wrong) => `${plan.name}: ${wrong}; ${history(plan, evidence)}`),
    ),
  ];
}

function checkIntent(plan: IntentPlan, evidence: Evidence): string[] {
  const { name, kind } = plan;
  const endings = evidence.asked.filter(({ intent }) => intent === name).map(({ ending }) => ending);
  const final = evidence.finals.get(name);
  const all = final ? [...endings, final] : endings;
  const effects = evidence.effects.get(name) ?? [];
  const successes = all.filter(isSuccess);
  const wrong: string[] = [];
  const must = (holds: boolean, otherwise: string) => void (holds || wrong.push(otherwise));

  must(
    final?.kind === "answer" || final?.kind === "unknown",
    `it ends neither definitive nor unknown, but ${tell(final)}`,
  );
  must(effects.length <= 1, `it took effect ${effects.length} times`);
  must(successes.length === 0 || effects.length > 0, "it was answered without an effect");
  must(new Set(successes.map(({ text }) => text)).size <= 1, "its callers have got different answers");
  must(
    !(final?.kind === "answer" && final.status >= 400) || effects.length === 0,
    "it was refused and took effect",
  );
  must(
    !(final?.kind === "unknown") || successes.length === 0 || kind === "short",
    "a known outcome became unknown",
  );
  if (kind === "short")
    must(!isSentLate(name, evidence), "it was sent after the service had forgotten its key");
  must(
    keysOf(name, evidence).length <= 1 || wasRefused(plan, evidence),
    "it has two keys, and was never refused",
  );
  for (const ending of all)
    must(ending.kind !== "error" && !isMismatch(ending), `a call ended with ${tell(ending)}`);
  return wrong;
}

/** The requests that were sent for an intent. */
function sentFor(name: string, { passed, stored }: Evidence): Passed[] {
  return passed.filter(({ key }) => stored.get(key)?.intent === name);
}

function keysOf(name: string, evidence: Evidence): string[] {
  return [...new Set(sentFor(name, evidence).map(({ key }) => key))];
}

/** Whether one of its requests was; who had sent it may have died before it could tell. */
function wasRefused({ name, bodies }: IntentPlan, evidence: Evidence): boolean {
  return sentFor(name, evidence).some(
    ({ fault, body }) => body === bodies.invalid || (fault.kind === "answer" && fault.status === 401),
  );
}

function isSentLate(name: string, evidence: Evidence): boolean {
  return sentFor(name, evidence).some(
    ({ key, at }) => at > evidence.stored.get(key)!.createdAt + FORGOTTEN_AFTER_S * 1000,
  );
}

/** What was sent for an intent, with the beginning of its key, and how its calls ended, in a line. */
function history({ name }: IntentPlan, evidence: Evidence): string {
  const endings = evidence.asked.filter(({ intent }) => intent === name);
  return [
    ...sentFor(name, evidence).map(({ fault, key }) => `${fault.kind} ${key.slice(0, 4)}`),
    ...endings.map(({ body, ending }) => `${body}: ${"status" in ending ? ending.status : ending.kind}`),
  ].join(", ");
}

type Answered = Extract<Ending, { kind: "answer" }>;

const isSuccess = (ending: Ending): ending is Answered => ending.kind === "answer" && ending.status < 400;

const isRefusal = (ending: Ending) => ending.kind === "answer" && ending.status >= 400 && ending.status < 500;

/** The service was asked for two things with one key. */
const isMismatch = (ending: Ending) =>
  ending.kind === "answer" && ending.text.includes("/problems/request-mismatch");

const tell = (ending: Ending | undefined) => JSON.stringify(ending ?? "not at all");

/** How often what the run is about did happen. */
export function figures({ plans, asked, finals, passed, effects, kills, outages }: Evidence) {
  const endings = asked.map(({ ending }) => ending);
  const ends = [...finals.values()];
  const reasons = [...endings, ...ends].map((ending) => (ending.kind === "unknown" ? ending.reason : ""));
  const count = (kind: Ending["kind"]) => endings.filter((ending) => ending.kind === kind).length;
  return {
    intents: plans.length,
    calls: asked.length,
    requests: passed.length,
    effects: [...effects.values()].flat().length,
    definitive: ends.filter(({ kind }) => kind === "answer").length,
    unknown: ends.filter(({ kind }) => kind === "unknown").length,
    deaths: count("died"),
    aborts: count("aborted"),
    deadlines: count("deadline"),
    changed: count("changed"),
    replays: endings.filter((ending) => ending.kind === "answer" && ending.replayed).length,
    replaced: replaced(asked),
    reported: reasons.filter((reason) => reason === "reported").length,
    expired: reasons.filter((reason) => reason === "expired").length,
    kills,
    outages,
    faults: Object.fromEntries(
      [...Map.groupBy(passed, ({ fault }) => fault.kind)].map(([fault, of]) => [fault, of.length]).sort(),
    ) as Record<string, number>,
  };
}

/** Intents that were refused first and then succeeded. */
function replaced(asked: Asked[]): number {
  const byIntent = Map.groupBy(asked, ({ intent }) => intent).values();
  return [...byIntent].filter(
    (calls) => calls.some(({ ending }) => isRefusal(ending)) && calls.some(({ ending }) => isSuccess(ending)),
  ).length;
}
