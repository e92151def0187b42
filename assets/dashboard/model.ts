// What the page knows: everything that the Worker has told it, put together. Pure; times are the Worker's.

import type { Alert, HeldKey, Message, Seen, Snapshot, Update } from "./protocol.ts";
import { Recent, RECENT_MS } from "./recent.ts";
import { add, continues, difference, emptyTally, forgetExpired, livingRecords, sum } from "./sums.ts";

export const MAX_LINES = 200;
const MAX_CLEARED = 10;

/** The charts show at least so much time, in milliseconds. */
const SHORTEST_MS = 60_000;

/** How long an isolate gathers before it tells, in milliseconds: a batch is of the time before it. */
const GATHERED_MS = 1000;

/** A line of the list of events: an event, or so many that are in the sums only. */
export type Line = { seen: Seen } | { at: number; leftOut: number };

export interface Cleared extends Alert {
  clearedAt: number;
}

export class Model {
  /** All that has been counted since counting began. */
  tally = emptyTally();
  /** What has been counted since the page was opened, as far as it is recent. */
  recent = new Recent();
  /** Oldest first. */
  lines: Line[] = [];
  alerts: Alert[] = [];
  /** Newest first. */
  cleared: Cleared[] = [];
  #held: HeldKey[] = [];
  /** When the page was opened; nothing while it has not been told anything. */
  openedAt: number | undefined;
  /** When the last batch came. */
  heardAt = 0;
  /** From when on the Worker could not be heard, if it cannot. */
  lostAt: number | undefined;

  /** The Worker cannot be heard from `at` on. */
  lose(at: number): void {
    this.lostAt ??= at;
  }

  take(message: Message): void {
    if (message.type === "snapshot") this.#begin(message);
    if (message.type === "batch") this.#extend(message);
    this.#takeAlerts(message.alerts, message.now);
  }

  /** The keys of unknown outcome, the oldest first, and how many more there are that are not listed. */
  held(now: number): { keys: HeldKey[]; more: number } {
    const keys = this.#held.filter((key) => now < key.expires_at);
    return { keys, more: Math.max(0, livingRecords(this.tally, now).ambiguous - keys.length) };
  }

  /** How far the charts go back: as far as there is something to know, within bounds. */
  knownMs(now: number): number {
    return Math.min(Math.max(now - (this.openedAt ?? now), SHORTEST_MS), RECENT_MS);
  }

  /** How many events before `now` were told in the sums only, in the last minute. */
  leftOut(now: number): number {
    return sum(this.lines.map((line) => ("leftOut" in line && line.at > now - 60_000 ? line.leftOut : 0)));
  }

  /** A snapshot replaces everything. What came since the connection was lost is known as a sum only. */
  #begin({ now, tally, events, held = [] }: Snapshot): void {
    if (this.openedAt === undefined || !continues(tally, this.tally)) {
      this.recent.clear();
      this.openedAt = now;
    } else {
      const from = (this.lostAt ?? now) - GATHERED_MS;
      this.recent.add({ from, to: now, tally: difference(tally, this.tally) });
    }
    this.lostAt = undefined;
    this.tally = add(emptyTally(), tally);
    this.lines = events.map((seen) => ({ seen }));
    this.#held = held;
  }

  #extend({ now, batch, held = this.#held }: Update): void {
    add(this.tally, batch.tally);
    forgetExpired(this.tally, now);
    this.recent.add({ from: now - GATHERED_MS, to: now, tally: batch.tally });
    this.heardAt = now;
    this.#held = held;
    const lines: Line[] = batch.events.map((seen) => ({ seen }));
    if (batch.left_out > 0) lines.push({ at: now, leftOut: batch.left_out });
    this.lines = [...this.lines, ...lines].slice(-MAX_LINES);
  }

  #takeAlerts(alerts: Alert[], now: number): void {
    const gone = this.alerts.filter((alert) => !alerts.some((other) => isSame(alert, other)));
    const cleared = gone.map((alert) => ({ ...alert, clearedAt: now }));
    this.cleared = [...cleared, ...this.cleared].slice(0, MAX_CLEARED);
    this.alerts = alerts;
  }
}

/** The alerts that come in later messages are other objects. */
export function isSame(one: Alert, other: Alert): boolean {
  return one.rule === other.rule && one.about === other.about && one.since === other.since;
}
