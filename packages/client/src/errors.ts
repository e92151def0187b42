/** How a call ends that has no definitive answer. The message is for developers; `name` and the members are for code. */

import type { KeyStatus, UnknownReason } from "./types.js";

/**
 * The intent is stored with another request. Nothing was sent. Use another intent for another thing, or `replace` if the
 * earlier request was refused, or `acknowledge` the intent if it is over.
 */
export class IntentChangedError extends Error {
  override readonly name = "IntentChangedError";
  constructor(readonly intent: string) {
    super(`Another request was sent for the intent ${JSON.stringify(intent)}`);
  }
}

/** The request may have taken effect, and asking again cannot tell. Never repeat it under another intent before you know. */
export class OutcomeUnknownError extends Error {
  override readonly name = "OutcomeUnknownError";
  constructor(
    readonly intent: string,
    readonly reason: UnknownReason,
    /** The intent's key. Absent if its entry is corrupt. */
    readonly key: string | undefined,
    /** The service's answer, if that is the reason. */
    readonly response: Response | undefined,
    /**
     * Asks the service what became of the key. `undefined`: the service does not know the key, because it never came or
     * has expired. Rejects if there is no answer.
     */
    readonly status: () => Promise<KeyStatus | undefined>,
  ) {
    super(`The outcome of the intent ${JSON.stringify(intent)} is unknown: ${reason}`);
  }
}

/** No definitive answer came in time. The intent is still pending: the same call, or `resume`, goes on with its key. */
export class DeadlineExceededError extends Error {
  override readonly name = "DeadlineExceededError";
  constructor(
    readonly intent: string,
    /** The last answer, if there was one. */
    readonly response: Response | undefined,
    /** The error of the last attempt, if it had no answer. */
    cause: unknown,
  ) {
    super(`There is no definitive answer for the intent ${JSON.stringify(intent)} yet`, { cause });
  }
}
