/** How a call ends that has no answer for its caller. Messages are for developers; names and members are for code. */

import type { KeyStatus, UnknownReason } from "./types.js";

/**
 * The intent is stored with another request. Nothing was sent. Use another intent for another thing, or `replace` if the
 * earlier request was refused, or `acknowledge` the intent if it is over.
 */
export class IntentChangedError extends Error {
  readonly intent: string;

  constructor(intent: string) {
    super(intent);
    this.name = "IntentChangedError";
    this.intent = intent;
  }
}

/** The request may have taken effect, and asking again cannot tell. Never repeat it under another intent before you know. */
export class OutcomeUnknownError extends Error {
  readonly intent: string;
  readonly reason: UnknownReason;
  /** The intent's key. Absent if its entry is corrupt and has none. */
  readonly key: string | undefined;
  /** The last answer of this call, if there was one. */
  readonly response: Response | undefined;
  /**
   * Asks the service what became of the key. `undefined`: the service does not know the key, because it never came or
   * has expired. Rejects if there is no answer, or no key.
   */
  readonly status: () => Promise<KeyStatus | undefined>;

  constructor(
    intent: string,
    reason: UnknownReason,
    key: string | undefined,
    response: Response | undefined,
    status: () => Promise<KeyStatus | undefined>,
  ) {
    super(`${intent}: ${reason}`);
    this.name = "OutcomeUnknownError";
    this.intent = intent;
    this.reason = reason;
    this.key = key;
    this.response = response;
    this.status = status;
  }
}

/** No definitive answer came in time. The intent is still pending: the same call, or `resume`, goes on with its key. */
export class DeadlineExceededError extends Error {
  readonly intent: string;
  /** The last answer, if there was one. Otherwise `cause` is the error of the last attempt, if it had any. */
  readonly response: Response | undefined;

  constructor(intent: string, response: Response | undefined, cause: unknown) {
    super(intent, { cause });
    this.name = "DeadlineExceededError";
    this.intent = intent;
    this.response = response;
  }
}
