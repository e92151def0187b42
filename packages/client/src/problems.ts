/** The problems of this service (RFC 9457), with types: what its errors say beside their status. */

import type { ProblemTypes } from "./problem-types.js";

export type { ProblemTypes };

/** A problem of one of the types: `switch (problem.type)` tells TypeScript which. */
export type Problem = { [Type in keyof ProblemTypes]: ProblemOf<Type> }[keyof ProblemTypes];

/** A problem of this type. */
export type ProblemOf<Type extends keyof ProblemTypes> = ProblemTypes[Type] & {
  type: Type;
  title: string;
  /** What is wrong with this request, for people. The wording may change. */
  detail: string;
  /** The same as in the answer's `X-Correlation-ID`. */
  correlation_id: string;
  /** All that is wrong with the request, with `validation-failed` alone. */
  errors?: FieldError[];
};

export interface FieldError {
  /** A place in the content, as a JSON Pointer in a fragment (RFC 6901, section 6). */
  pointer?: string;
  /** A query parameter or header field, for what is not in the content. */
  parameter?: string;
  detail: string;
}

/**
 * The problem that an answer tells of, if it does. The answer's own body can still be read. A later release of the service
 * may have types that are not listed here, and other services have theirs, so a `switch` needs a `default`.
 */
export async function problemOf(response: Response): Promise<Problem | undefined> {
  if (!/^application\/problem\+json\b/i.test(response.headers.get("Content-Type") ?? "")) return undefined;
  return response.clone().json();
}
