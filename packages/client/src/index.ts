/** The core of `@edge-idempotency/client`. The stores, the outbox and the types of problems are modules of their own. */

export { DeadlineExceededError, IntentChangedError, OutcomeUnknownError } from "./errors.js";
export { createIdempotentFetch } from "./fetch.js";
/** What the outbox shares with it. Not for others: it changes without notice. */
export { captured, initOf } from "./request.js";
export type {
  Entry,
  IdempotentFetch,
  IdempotentInit,
  KeyStatus,
  Options,
  Pending,
  ResumeInit,
  Store,
  StoredRequest,
  UnknownReason,
} from "./types.js";
