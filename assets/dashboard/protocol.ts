// What the Worker tells the page: JSON as src/monitor/object.rs, src/monitor/alerts.rs and src/telemetry/ write it.

/** The upper bounds of a histogram's buckets, in milliseconds; its last bucket has none. */
export const BOUNDS_MS = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 15_000];

/** What becomes of a keyed request: what goes well, what was to be expected, what somebody has to look at. */
export const OUTCOMES = [
  "executed",
  "replayed",
  "in_progress",
  "key_missing",
  "key_invalid",
  "validation_failed",
  "unauthorized",
  "rate_limited",
  "mismatch",
  "failed",
  "ambiguous",
  "unavailable",
] as const;

export type Outcome = (typeof OUTCOMES)[number];

export interface Histogram {
  buckets: number[];
  sum_ms: number;
}

export interface RecordCount {
  processing: number;
  completed: number;
  failed: number;
  /** Nobody knows whether the operation took effect. Not there in sums of a release that did not know this. */
  ambiguous?: number;
  bytes: number;
}

/** Sums of events: a tree of numbers, so that a part and the whole are added up alike. */
export interface Tally {
  /** By operation and outcome. */
  requests: Record<string, Partial<Record<Outcome, Histogram>>>;
  /** Attempts that completed, by operation. */
  operations: Record<string, Histogram>;
  /** By where they came from. */
  replays: Record<string, number>;
  recovered: number;
  expired: number;
  /** By the time, in milliseconds since 1970, from which on they are no more. */
  records: Record<string, RecordCount>;
  /** By caller. */
  mismatches: Record<string, number>;
  between_retries: Histogram;
  /** How many requests were the second, the third, … of their key; the last counts all from the eighth on. */
  repetitions: number[];
}

export interface Seen {
  at: number;
  level: "info" | "warning" | "error";
  message: string;
  detail?: string;
  outcome?: Outcome;
  duration_ms?: number;
  operation?: string;
  idempotency_key?: string;
  caller?: string;
  correlation_id?: string;
}

/** A key whose outcome is unknown: its record is AMBIGUOUS. */
export interface HeldKey {
  operation_id: string;
  idempotency_key: string;
  /** Its caller's scope: 64 hex digits. */
  scope: string;
  caller: string;
  operation: string;
  /** The upstream's name in the policy, if the operation is a request to one. */
  upstream?: string;
  since: number;
  expires_at: number;
}

export interface Alert {
  rule: string;
  about?: string;
  since: number;
  value: number;
  threshold: number;
  why: string;
}

export interface Snapshot {
  type: "snapshot";
  now: number;
  tally: Tally;
  events: Seen[];
  alerts: Alert[];
  /** The one held longest first. Not there if a release before says it. */
  held?: HeldKey[];
}

export interface Update {
  type: "batch";
  now: number;
  batch: { tally: Tally; events: Seen[]; left_out: number };
  alerts: Alert[];
  /** All of them, if they have changed. */
  held?: HeldKey[];
}

export interface AlertsChange {
  type: "alerts";
  now: number;
  alerts: Alert[];
}

export type Message = Snapshot | Update | AlertsChange;
