// A run in words: how much of everything there was, and for each violation what happened to its key.

import type { Server } from "../../harness/server.ts";
import { type Entry, inOrder, logged, outages } from "../report.ts";
import { answersByKind } from "../figures.ts";
import { type Evidence, FINAL, type Violation } from "./check.ts";
import { isFinalStatus } from "./clients.ts";
import { type Behavior, BEHAVIORS } from "./plan.ts";

export interface Figures {
  keys: number;
  requests: number;
  /** Requests that the API got. */
  arrivals: number;
  kills: number;
  lost: number;
  disconnects: number;
  hung: number;
  panics: number;
  replays: number;
  /** Keys of unknown outcome in the end. */
  ambiguous: number;
  /** Keys that were sent again, by rule: after an answer that nothing was done or a ruling, or where the policy says so. */
  sentAgain: number;
  resent: number;
  /** What operators said and the service accepted. */
  rulings: number;
  behaviors: Partial<Record<Behavior, number>>;
  faults: Record<string, number>;
  answers: Record<string, number>;
}

export interface Report {
  seed: number;
  durationMs: number;
  figures: Figures;
  violations: Violation[];
  text: string;
}

/** Keys whose timelines are told; one mistake tends to show in many. */
const TOLD_IN_FULL = 5;

export function describe(
  of: Omit<Report, "figures" | "text">,
  evidence: Evidence,
  server: Pick<Server, "logs" | "noise">,
  startedAt: number,
): Report {
  const figures = measure(evidence, server);
  const lines = Object.entries(figures).map(([name, figure]) => `  ${name.padEnd(11)} ${shown(figure)}`);
  lines.unshift(
    `Chaos in front of an API, with seed ${of.seed} for ${(of.durationMs / 60_000).toFixed(1)} minutes:`,
  );
  for (const { rule, plan, detail } of of.violations)
    lines.push(`VIOLATED: ${rule}, ${plan === undefined ? "everywhere" : `plan ${plan}`}: ${detail}`);
  const plans = [...new Set(of.violations.flatMap(({ plan }) => (plan === undefined ? [] : [plan])))];
  for (const plan of plans.slice(0, TOLD_IN_FULL))
    lines.push(`Timeline of plan ${plan}:`, ...timeline(plan, evidence, server.logs, startedAt));
  if (of.violations.length > 0)
    lines.push(...server.noise.slice(-3), `Repeat the same decisions with --seed ${of.seed}.`);
  else lines.push("No violation.");
  return { ...of, figures, text: lines.join("\n") };
}

function shown(figure: Figures[keyof Figures]): string {
  if (typeof figure !== "object") return `${figure}`;
  return Object.entries(figure)
    .map(([kind, count]) => `${kind}: ${count}`)
    .join(", ");
}

function measure(evidence: Evidence, { noise }: Pick<Server, "noise">): Figures {
  const { plans, exchanges, arrivals, downtimes, rulings, statuses } = evidence;
  const outcomes = (kind: string) => exchanges.filter(({ outcome }) => outcome.kind === kind).length;
  const again = plans.filter(({ index }) => arrivals.filter(({ plan }) => plan === index).length > 1);
  return {
    keys: plans.length,
    requests: exchanges.length,
    arrivals: arrivals.length,
    kills: downtimes.length,
    lost: outcomes("lost"),
    disconnects: outcomes("disconnected"),
    hung: outcomes("hung"),
    panics: noise.filter((line) => line.includes("panicked at ")).length,
    replays: exchanges.filter(({ outcome }) => outcome.kind === "answer" && outcome.replayed).length,
    ambiguous: [...statuses.values()].filter((status) => status === "AMBIGUOUS").length,
    sentAgain: again.filter(({ rule }) => rule !== "resend").length,
    resent: again.filter(({ rule }) => rule === "resend").length,
    rulings: rulings.filter(({ accepted }) => accepted).length,
    behaviors: counted(arrivals.map(({ behavior }) => behavior)),
    faults: counted(exchanges.flatMap(({ fault }) => (fault === undefined ? [] : [fault.split("=")[0]!]))),
    answers: answersByKind(exchanges),
  };
}

function counted<T extends string>(names: T[]): Record<T, number> {
  const counts = [...Map.groupBy(names, (name) => name)].map(([name, of]) => [name, of.length]);
  return Object.fromEntries(counts.sort());
}

/** What happened to one key, as its clients, the API and the service saw it, in the order of time. */
function timeline(of: number, evidence: Evidence, logs: Server["logs"], startedAt: number): string[] {
  const own = <T extends { plan: number }>(all: T[]) => all.filter(({ plan }) => plan === of);
  const exchanges = own(evidence.exchanges);
  const plan = evidence.plans[of]!;
  const entries: Entry[] = [
    ...outages(evidence.downtimes),
    ...logged(logs, exchanges, startedAt),
    ...exchanges.map(({ startedMs, number, device, fault }): Entry => [
      startedMs,
      `> ${number} ${device}${fault === undefined ? "" : ` (${fault})`}`,
    ]),
    ...exchanges.map(({ endedMs, number, outcome }): Entry => [
      endedMs,
      `< ${number} ${outcome.kind === "answer" ? `${outcome.status} ${outcome.problem ?? outcome.text.slice(0, 40)}${outcome.replayed ? " (replayed)" : ""}` : outcome.kind}`,
    ]),
    ...own(evidence.arrivals).map(({ atMs, behavior, derivedKey }): Entry => [
      atMs,
      `    the API is asked with ${derivedKey}: ${behavior}, which is ${BEHAVIORS[behavior]}`,
    ]),
    ...own(evidence.rulings).map(({ atMs, as, accepted }): Entry => [
      atMs,
      `    an operator says: ${as}, accepted: ${accepted}`,
    ]),
  ];
  return [`  ${plan.rule}, ${plan.caller}, ${plan.key}: ${evidence.statuses.get(of)}`, ...inOrder(entries)];
}
