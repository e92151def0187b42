// What the clients saw, and what was found in the end: all that the checker judges by.

/** One request and what its client got. Times are milliseconds since the run began. */
export interface Exchange {
  /** Also the request's correlation id, as `chaos-<number>`. */
  number: number;
  caller: string;
  key: string;
  device: string;
  /** Which of the key's requests it repeats: two with one name are the same request to the server. */
  request: string;
  /** Whether the service may accept the payload at all. */
  valid: boolean;
  fault?: string;
  waitS: number;
  startedMs: number;
  endedMs: number;
  outcome: Outcome;
}

export type Outcome =
  | {
      kind: "answer";
      status: number;
      text: string;
      location: string | null;
      replayed: boolean;
      retryAfter: string | null;
      /** The problem's slug, of an answer that is one. */
      problem?: string;
    }
  /** The connection ended before the answer did, or never began. */
  | { kind: "lost"; reason: string }
  /** The client hung up. */
  | { kind: "disconnected" }
  /** The client waited for as long as any answer may take, and there was none. */
  | { kind: "hung" };

export type Answer = Extract<Outcome, { kind: "answer" }>;

/** A row in D1. */
export interface Effect {
  caller: string;
  key: string;
  table: string;
  id: string;
  /** The name of the request whose payload it was made of. */
  request: string;
}

/** What the service says of a key in the end. */
export interface KeyStatus {
  caller: string;
  key: string;
  /** PROCESSING, COMPLETED, FAILED; UNKNOWN where the answer is 404, UNANSWERED where there is no other. */
  status: string;
  attempts: number;
}

export interface Interval {
  fromMs: number;
  toMs: number;
}

export interface Evidence {
  exchanges: Exchange[];
  effects: Effect[];
  statuses: KeyStatus[];
  /** From each SIGKILL until the runtime served again: when an answer may be lost. */
  downtimes: Interval[];
  /** Panics that no fault asked for, as the runtime logged them. */
  unaskedPanics: string[];
}

/** A caller's key, in one word. */
export function compositeKey(of: { caller: string; key: string }): string {
  return `${of.caller}/${of.key}`;
}

export function isSuccess(outcome: Outcome): boolean {
  return successOf(outcome) !== undefined;
}

/** The answer, if it is a 2xx. */
export function successOf(outcome: Outcome): Answer | undefined {
  return outcome.kind === "answer" && outcome.status >= 200 && outcome.status < 300 ? outcome : undefined;
}

/** Groups by composite key, in the order of first appearance. */
export function byCompositeKey<T extends { caller: string; key: string }>(items: T[]): Map<string, T[]> {
  return Map.groupBy(items, compositeKey);
}
