/**
 * How a call ends that has no answer for its caller. `message` is the intent; `name` and the members are for code. Each
 * module of this package has its own copy of what it needs, so compare names where an error may come from another one.
 */

import type { KeyStatus, UnknownReason } from "./types.js";

/** The classes differ in their names and members alone. */
export function errorClass<Members extends object>(name: string) {
  return class extends Error {
    constructor(intent: string, members?: Members) {
      super(intent);
      Object.assign(this, members, { name, intent });
    }
  } as unknown as new (intent: string, members?: Members) => Error & { readonly intent: string } & Members;
}

/**
 * The intent is stored with another request. Nothing was sent. Use another intent for another thing, or `replace` if the
 * earlier request was refused, or `acknowledge` the intent if it is over.
 */
export const IntentChangedError = errorClass<{}>("IntentChangedError");
export type IntentChangedError = InstanceType<typeof IntentChangedError>;

/** The request may have taken effect, and asking again cannot tell. Never repeat it under another intent before you know. */
export const OutcomeUnknownError = errorClass<{
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
}>("OutcomeUnknownError");
export type OutcomeUnknownError = InstanceType<typeof OutcomeUnknownError>;

/** No definitive answer came in time. The intent is still pending: the same call, or `resume`, goes on with its key. */
export const DeadlineExceededError = errorClass<{
  /** The last answer, if the last attempt had one. */
  readonly response: Response | undefined;
  /** The error of the last attempt, if it had one. */
  readonly cause: unknown;
}>("DeadlineExceededError");
export type DeadlineExceededError = InstanceType<typeof DeadlineExceededError>;
