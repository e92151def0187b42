/** The problem types of the service, by `type`. Made by scripts/problems.ts from assets/openapi.json. */

export interface ProblemTypes {
  /** An idempotency key is required. */
  "/problems/idempotency-key-missing": { status: 400; retryable: false };
  /** The idempotency key is invalid. */
  "/problems/idempotency-key-invalid": { status: 400; retryable: false };
  /** The request names more than one idempotency key. */
  "/problems/idempotency-key-conflict": { status: 400; retryable: false };
  /** The idempotency key was used for another request. */
  "/problems/request-mismatch": { status: 400 | 422; retryable: false };
  /** The operation is still running. */
  "/problems/operation-in-progress": { status: 409; retryable: true };
  /** The content is not JSON. */
  "/problems/malformed-json": { status: 400; retryable: false };
  /** The request is not acceptable. */
  "/problems/validation-failed": { status: 422; retryable: false };
  /** The content must be JSON. */
  "/problems/unsupported-media-type": { status: 415; retryable: false };
  /** The content is too large. */
  "/problems/payload-too-large": { status: 413; retryable: false };
  /** The content took too long. */
  "/problems/request-timeout": { status: 408; retryable: true };
  /** A header field is too large. */
  "/problems/header-fields-too-large": { status: 431; retryable: false };
  /** The path does not take this method. */
  "/problems/method-not-allowed": { status: 405; retryable: false };
  /** A valid credential is required. */
  "/problems/unauthorized": { status: 401; retryable: false };
  /** Too many requests. */
  "/problems/rate-limited": { status: 429; retryable: true };
  /** The operation did not end with an answer. */
  "/problems/operation-failed": { status: 503; retryable: true };
  /** It is not known whether the operation took effect. */
  "/problems/outcome-unknown": { status: 409 | 502; retryable: false };
  /** The API behind this service took too long. */
  "/problems/upstream-timeout": { status: 504; retryable: true };
  /** The service cannot answer at the moment. */
  "/problems/service-unavailable": { status: 503; retryable: true };
  /** Something is wrong with the service. */
  "/problems/internal-error": { status: 500; retryable: false };
  /** There is nothing here. */
  "/problems/not-found": { status: 404; retryable: false };
  /** This caller may not do this. */
  "/problems/forbidden": { status: 403; retryable: false };
  /** The key has nothing to resolve. */
  "/problems/not-ambiguous": { status: 409; retryable: false };
  /** This is told over a WebSocket only. */
  "/problems/upgrade-required": { status: 426; retryable: false };
}
