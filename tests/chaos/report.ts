// A run in words: its figures, and for each violation what was asked and answered with its key.

import type { Server } from "../harness/server.ts";
import type { Violation } from "./check.ts";
import type { Figures } from "./figures.ts";
import { compositeKey, type Evidence, type Exchange, type Interval } from "./history.ts";

export interface Report {
  seed: number;
  /** From the first request to the last fault. */
  durationMs: number;
  figures: Figures;
  violations: Violation[];
  /** The report as text. */
  text: string;
}

/** Violations that are told in full; one mistake tends to show in many keys. */
const TOLD_IN_FULL = 5;

export function describe(
  of: Omit<Report, "text">,
  evidence: Evidence,
  { logs, noise }: Pick<Server, "logs" | "noise">,
  startedAt: number,
): string {
  const lines = Object.entries(of.figures).map(([name, figure]) => {
    const value =
      typeof figure === "object"
        ? Object.entries(figure)
            .map(([kind, count]) => `${kind}: ${count}`)
            .join(", ")
        : figure;
    return `  ${name.padEnd(15)} ${value}`;
  });
  const minutes = (of.durationMs / 60_000).toFixed(1);
  lines.unshift(`Chaos with seed ${of.seed} for ${minutes} minutes:`);
  const keys = [...new Set(of.violations.map(({ of }) => of))];
  for (const violation of of.violations)
    lines.push(`VIOLATED: ${violation.rule}, ${violation.of ?? "everywhere"}: ${violation.detail}`);
  for (const key of keys.slice(0, TOLD_IN_FULL))
    if (key !== undefined) lines.push(`Timeline of ${key}:`, ...timeline(key, evidence, logs, startedAt));
  if (of.violations.length > 0)
    lines.push(...noise.slice(-3), `Repeat the same decisions with --seed ${of.seed}.`);
  else lines.push("No violation.");
  return lines.join("\n");
}

/** What happened to one key, as its clients saw it and as the service logged it, in the order of time. */
export function timeline(of: string, evidence: Evidence, logs: Server["logs"], startedAt: number): string[] {
  const exchanges = evidence.exchanges.filter((exchange) => compositeKey(exchange) === of);
  const sent = exchanges.flatMap((exchange): Entry[] => [
    [exchange.startedMs, sending(exchange)],
    [exchange.endedMs, ending(exchange)],
  ]);
  return inOrder([...outages(evidence.downtimes), ...logged(logs, exchanges, startedAt), ...sent]);
}

/** When, in milliseconds since the run began, and what. */
export type Entry = [atMs: number, what: string];

export function inOrder(entries: Entry[]): string[] {
  return entries
    .sort(([one], [other]) => one - other)
    .map(([atMs, what]) => `  ${(atMs / 1000).toFixed(3).padStart(9)} ${what}`);
}

export function outages(downtimes: Interval[]): Entry[] {
  return downtimes.flatMap(({ fromMs, toMs }): Entry[] => [
    [fromMs, "the runtime is killed"],
    [toMs, "the runtime is back"],
  ]);
}

/** What the service has logged of these requests. */
export function logged(logs: Server["logs"], exchanges: { number: number }[], startedAt: number): Entry[] {
  const ids = new Set(exchanges.map(({ number }) => `chaos-${number}`));
  return logs
    .filter((line) => ids.has(String(line["correlation_id"])))
    .map((line): Entry => {
      const { timestamp, level: _, idempotency_key: __, operation: ___, ...told } = line;
      return [Date.parse(String(timestamp)) - startedAt, `  log ${JSON.stringify(told)}`];
    });
}

function sending({ number, device, request, fault, waitS }: Exchange): string {
  const asks = [fault && `X-Fault: ${fault}`, waitS > 0 && `wait=${waitS}`].filter(Boolean).join(", ");
  return `> ${number} ${device} sends "${request}"${asks && ` (${asks})`}`;
}

function ending({ number, outcome }: Exchange): string {
  switch (outcome.kind) {
    case "answer": {
      const { status, problem, replayed, text } = outcome;
      return `< ${number} ${status} ${problem ?? text}${replayed ? " (replayed)" : ""}`;
    }
    case "lost":
      return `< ${number} lost: ${outcome.reason}`;
    case "disconnected":
    case "hung":
      return `< ${number} ${outcome.kind}`;
  }
}
