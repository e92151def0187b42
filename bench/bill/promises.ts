// What is promised that a request costs, in what the platform bills.

/** The names of what is counted, in the order of a request. `object` is a key's object, `telemetry` those that add up. */
export const COUNTED = {
  workerRequests: "Worker requests",
  objectRequests: "object requests",
  objectRowsRead: "rows read",
  objectRowsWritten: "rows written",
  kvReads: "KV reads",
  kvWrites: "KV writes",
  d1RowsRead: "D1 rows read",
  d1RowsWritten: "D1 rows written",
  logLines: "log lines",
  telemetryRequests: "telemetry requests",
  telemetryRowsRead: "telemetry rows read",
  telemetryRowsWritten: "telemetry rows written",
};

export type Name = keyof typeof COUNTED;

/** How often each; what is not named, not once. */
export type Counts = Partial<Record<Name, number>>;

/** PROCESSING, COMPLETED and the alarm; the effect's row in D1, and that row in two indexes. */
export const FIRST: Counts = {
  workerRequests: 1,
  objectRequests: 1,
  objectRowsRead: 1,
  objectRowsWritten: 3,
  kvWrites: 1,
  d1RowsRead: 1,
  d1RowsWritten: 3,
  logLines: 3,
};

/** An audit entry can be listed in three ways, each with an index. */
export const FIRST_AUDITED: Counts = { ...FIRST, d1RowsWritten: 5 };

/** One that takes over a second: KV is asked too, and has nothing. */
export const SLOW_FIRST: Counts = { ...FIRST, kvReads: 1 };

/** One of which `REPLAY_COPIES=retried` makes no copy. */
export const FIRST_UNCOPIED: Counts = { ...FIRST, kvWrites: 0 };

/** PROCESSING, FAILED and the alarm, and no effect. */
export const FAILED: Counts = {
  workerRequests: 1,
  objectRequests: 1,
  objectRowsRead: 1,
  objectRowsWritten: 3,
  logLines: 3,
};

/** The alarm is set already: PROCESSING and COMPLETED. */
export const RETRIED: Counts = { ...FIRST, objectRowsWritten: 2 };

export const ANSWERED_BY_MEMORY: Counts = { workerRequests: 1, logLines: 1 };

/** An object that is awake reads nothing. */
export const ANSWERED_BY_OBJECT: Counts = { ...ANSWERED_BY_MEMORY, objectRequests: 1, objectRowsRead: 1 };

/** `REPLAY_COPIES=retried` makes the copy of it. */
export const COPIED_BY_RETRY: Counts = { ...ANSWERED_BY_OBJECT, kvWrites: 1 };

/** Nothing is touched. */
export const REFUSED: Counts = { workerRequests: 1, logLines: 1 };

export const LOOKED_UP: Counts = { workerRequests: 1, objectRequests: 1, objectRowsRead: 1 };

export const NOT_FOUND: Counts = { ...LOOKED_UP, logLines: 1 };

/** The alarm rings, which is a request, and the record is deleted, which is a row. */
export const EXPIRED: Counts = { objectRequests: 1, objectRowsRead: 1, objectRowsWritten: 1, logLines: 1 };

/** In front of another API there is no effect in D1. */
export const FORWARDED: Counts = {
  workerRequests: 1,
  objectRequests: 1,
  objectRowsRead: 1,
  objectRowsWritten: 3,
  kvWrites: 1,
  logLines: 3,
};

/** PROCESSING, FAILED or AMBIGUOUS, and the alarm. */
export const HELD: Counts = FAILED;

/** The alarm is set already: PROCESSING and FAILED. */
export const SENT_AGAIN: Counts = { ...HELD, objectRowsWritten: 2 };

/** No object, not even one for telemetry, no KV, no D1, no line of the log. */
export const PASSED: Counts = { workerRequests: 1 };

/** While requests come, one isolate hands over once a second at most; a telemetry object reads its state once. */
export const telemetry = (seconds: number): Counts => ({
  telemetryRequests: Math.ceil(seconds),
  telemetryRowsRead: 1,
  telemetryRowsWritten: Math.ceil(seconds),
});
