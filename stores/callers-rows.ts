// What operators ask of any store when a caller's data is to be deleted.

export interface CallersRows {
  /** The idempotency keys that stand in rows of the caller. */
  keys(): Promise<string[]>;
  /** Deletes the caller's rows; resolves with how many there were. */
  remove(): Promise<number>;
  close(): Promise<void>;
}

/** The tables with a key in each row. */
export const KEYED = ["resources", "transactions"];

/** The tables of the operations that are included. */
export const TABLES = [...KEYED, "audit_log"];
