/**
 * What a caller of this package sees. ALGORITHM.md has the rules that these values are about, and vectors/ has them as
 * cases. All times are in milliseconds since 1970-01-01T00:00:00Z, by the clock of the device.
 */

/** A `fetch` with one more member of its second argument, `intent`, and what concerns intents that have been stored. */
export interface IdempotentFetch {
  /**
   * With an `intent`, sends the request with the key of that intent until an answer is definitive. Without one, it is
   * plain `fetch`.
   *
   * Rejects with `IntentChangedError`, `OutcomeUnknownError` or `DeadlineExceededError`; with the reason of
   * `init.signal` once that is aborted; or with the store's own error, and then the request was not sent, or not again.
   */
  (input: RequestInfo | URL, init?: IdempotentInit): Promise<Response>;

  /**
   * Sends the request of an intent again, as it was stored because of `keep`, with the intent's key. `init.headers` adds
   * what is never stored, such as `Authorization`. Rejects with a `TypeError` if no request is stored.
   */
  resume(intent: string, init?: ResumeInit): Promise<Response>;

  /** All intents that have not been acknowledged, in no particular order. `state` says which of them have an answer. */
  pending(): Promise<Pending[]>;

  /** Forgets an intent, whatever became of it. A later request with the same intent is a new one, with a new key. */
  acknowledge(intent: string): Promise<void>;
}

export interface IdempotentInit extends RequestInit {
  /** What is to happen, such as `"checkout:" + cart.id`: the same for each repetition, another for anything else. */
  intent?: string;

  /**
   * Lets another request take the place of one that was refused: all of its sends are known to have had no effect, and
   * the last definitive answer was 4xx. The request gets a new key. In any other state this is `IntentChangedError` too.
   */
  replace?: boolean;

  /** Stores the request, without its credentials, so that `resume` can send it after a reload. */
  keep?: boolean;

  /** How long the service keeps the key of this request, if that is not `lifetimeMs` of the options. */
  lifetimeMs?: number;
}

/** Of `init`, what `resume` takes. */
export type ResumeInit = Omit<IdempotentInit, "body" | "method" | "intent" | "replace" | "keep">;

export interface Options {
  /** Where intents are stored, before anything is sent. */
  store: Store<Entry>;

  /** What sends a request. The global `fetch` if absent. */
  fetch?: (input: RequestInfo | URL, init?: RequestInit) => Promise<Response>;

  /** The request's header field with the key. `Idempotency-Key` if absent. */
  keyField?: string;

  /**
   * How many seconds the service may wait for an attempt that still runs: `Prefer: wait=N` (RFC 7240). 10 if absent. 0
   * sends no such field: use that for services of another origin whose CORS rules do not allow it. A `Prefer` of the
   * request itself is left alone.
   */
  preferWaitS?: number;

  /**
   * How long the service keeps a key, in milliseconds, a finite number. 24 hours if absent. A shorter lifetime in an answer's
   * `X-Idempotency-Expires-At` counts instead. A value above what the service keeps risks a second effect.
   */
  lifetimeMs?: number;

  /** How long a call goes on in all, in milliseconds, up to 2^31 - 1 (24 days), as timers do. 2 minutes if absent. */
  deadlineMs?: number;

  /** How long one attempt may take until its whole answer is there, in milliseconds. 40 s if absent. */
  attemptMs?: number;

  /** `keep` of calls that do not say. `false` if absent. */
  keep?: boolean;

  /**
   * Where the service says what became of a key, for `OutcomeUnknownError.status()`. This service's own look-up, at the
   * origin of the request, if absent.
   */
  lookUp?: (key: string, url: string) => string;

  /** Makes a key, as it is sent. `crypto.randomUUID()` if absent. */
  newKey?: () => string;

  /** Digests bytes. `crypto.subtle` if absent. */
  sha256?: (bytes: Uint8Array<ArrayBuffer>) => PromiseLike<ArrayBuffer> | ArrayBuffer;
}

/**
 * A place for values by name, that survives what it is made for. The intents' store holds an `Entry` by the name of its
 * intent. What is read may be damaged, or written by another release, so it is `unknown`.
 */
export interface Store<T> {
  /**
   * Reads the value of `name` and writes what `change` makes of it, in one transaction: no other tab, worker or call can
   * write in between. Resolves when the value is as safe as this store can make it, and rejects if it is not written.
   *
   * `change` gets `undefined` if there is no value. It returns the new value, `undefined` to remove it, or its argument
   * to leave all as it is. It is synchronous and has no effects but its result, for a store may call it more than once.
   */
  update(name: string, change: (stored: unknown) => T | undefined): Promise<void>;

  /** All names with their values. */
  list(): Promise<[name: string, value: unknown][]>;
}

/** What is stored about an intent. */
export interface Entry {
  /** Of this format. */
  version: 1;
  intent: string;
  /** The idempotency key. */
  key: string;
  /** SHA-256 over the request's method, URL and content, as 64 lower-case hex digits. */
  digest: string;
  /**
   * `pending`: no definitive answer yet. `settled`: there was one, and `status` is its status. `unknown`: the service
   * says that it does not know the outcome.
   */
  state: "pending" | "settled" | "unknown";
  /** The status of the definitive answer, with `settled` only. */
  status?: number | undefined;
  /** How many requests with this key may have taken effect without an answer that says so. */
  inDoubt: number;
  /** When the key was made. */
  createdAt: number;
  /** The latest time that is known for this intent: a clock that shows less was set back. */
  seenAt: number;
  /** When the service forgets the key. */
  expiresAt: number;
  /** The request, if it is kept. */
  request?: StoredRequest | undefined;
}

/** A request without credentials. */
export interface StoredRequest {
  method: string;
  url: string;
  headers: [name: string, value: string][];
  /** Base64 of the content (RFC 4648, section 4), or absent if there is none. */
  body?: string | undefined;
}

/** An intent that has not been acknowledged. An entry that cannot be read has a name and the state `corrupt`, no more. */
export type Pending = Entry | { intent: string; state: "corrupt"; request?: undefined };

/** Why nobody knows what became of an intent. */
export type UnknownReason =
  /** The service says so: it may have taken effect, and is not repeated. */
  | "reported"
  /** The service has forgotten the key, or will before an answer could come: the same request would be a new one. */
  | "expired"
  /** The clock was set back by more than 5 minutes, so it is not known whether the key still lives. */
  | "clock"
  /** What is stored about the intent cannot be read. */
  | "corrupt";

/** The answer of this service to the look-up of a key. */
export interface KeyStatus {
  idempotency_key: string;
  status: "PROCESSING" | "COMPLETED" | "FAILED" | "AMBIGUOUS";
  operation: string;
  attempts: number;
  created_at: string;
  updated_at: string;
  expires_at: string;
  /** The last changes of `status`, oldest first. `by` is the operator who resolved the key. */
  history: { at: string; status: string; attempt: number; by?: string | null }[];
}
