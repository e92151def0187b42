// Where expectations come from, in one spelling.

/** draft-ietf-httpapi-idempotency-key-header-07 */
export const draft = (section: string) => `IETF draft -07, ${section}`;
export const rfc = (number: number, section: string) => `RFC ${number}, ${section}`;
/** Idempotent requests, and Low-level error handling. */
export const STRIPE = "Stripe, Idempotent requests";
export const STRIPE_ERRORS = "Stripe, Low-level error handling";
/** A bug that implementations have had; the text says which kind. */
export const bug = (kind: string) => `bug in the wild: ${kind}`;
/** The sources leave it open; the profile says what the target promises. */
export const policy = (what: string) => `policy: ${what}`;
