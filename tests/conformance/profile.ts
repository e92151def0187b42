// What the suite has to be told about a target. Plain data, so that a profile may be a JSON file; docs/conformance.md
// explains each member.

/** A route that takes a key. */
export interface KeyedRoute {
  path: string;
  /** JSON text. `$TAG` stands for a string that effects are counted by, `$VALUE` for any JSON value. */
  payload: string;
}

/** A name and a value; several of one name are several lines. */
export type Field = [name: string, value: string];

export interface Profile {
  name: string;
  /** A path that answers GET with 2xx as soon as the target serves. */
  ready: string;
  key: {
    field: string;
    /** Another field with the same meaning. */
    alias?: string;
    form: "uuid-v4" | "opaque";
    /** Which spellings it takes: a structured-field string, the bare characters, or either. */
    spelling: "quoted" | "bare" | "either";
    /** In characters; absent if nothing is documented. */
    minLength?: number;
    maxLength?: number;
    caseMatters: boolean;
    /** Whether `main` refuses a request without a key. */
    required: boolean;
  };
  routes: {
    main: KeyedRoute;
    /** Takes `main`'s payload too. */
    other?: KeyedRoute;
    /** Answers 201 with `Location`. */
    location?: KeyedRoute;
    /** `$VALUE` is a decimal that the answer repeats under `member`. */
    decimal?: KeyedRoute & { member: string };
    /** Takes a key and does not need one. */
    optional?: KeyedRoute;
    /** Takes no key at all, and answers GET. */
    unkeyed?: string;
  };
  /** Routes whose answers have an unusual form, by the names in cases/shapes.ts. */
  shapes?: Record<string, KeyedRoute>;
  /** How effects are counted: a GET whose answer is an array of them, or a member that is new for each. */
  effects: { list: string } | { idMember: string };
  /** The fields that name a caller. */
  callers?: {
    first: Field[];
    second: Field[];
    /** The same person as `first` with another credential. */
    rotated?: { fields: Field[]; scope: "same" | "separate" };
    /** Nobody, where that is allowed. */
    anonymous?: Field[];
    /** What is refused with 401 or 403. */
    refused?: Field[];
  };
  expects: {
    success: number;
    keyMissing: number;
    keyInvalid: number;
    mismatch: number;
    /** If it differs for the key's other field. */
    aliasMismatch?: number;
    /** A status, or the duplicate waits for the first answer. */
    inProgress: number | "waits";
    replayMarker?: Field;
    /** Payloads that are refused before anything happens, as templates, and the status. */
    invalidPayload?: { payload: string; status: number };
    /** Whether 409 says when to come back. */
    retryAfter?: boolean;
    /** Whether errors are application/problem+json. */
    problems: boolean;
    /** How a key of unknown outcome is refused: status and problem type. */
    held?: { status: number; type: string };
    /** The member of a problem that says whether the same request may succeed later. */
    retryableMember?: string;
  };
  policies: {
    /** What of the payload is compared. */
    compares: "json" | "bytes";
    otherPath: "mismatch" | "separate";
    otherQuery: "mismatch" | "separate";
    /** What PUT, PATCH and DELETE get on `main`. */
    otherMethod: number | "separate";
    duplicateMembers: "refused" | "compared";
    multipart: "refused" | "compared";
    /** Header fields that may differ between a request and its retry. */
    fieldsLeftOut: string[];
    /**
     * The next request with the key after an attempt that failed on the server's side. `forgotten`: it runs, and the
     * key takes another payload too. `held`: what may have taken effect is not repeated, and is refused as
     * `expects.held` says until somebody finds out what became of it.
     */
    afterFailure: "runs-again" | "replayed" | "forgotten" | "held";
    /** After a payload that was refused before anything happened. */
    afterRefusal: "free" | "kept";
    anonymous?: "one-caller" | "refused";
  };
  /** The most bytes that a payload may have, and the status beyond. */
  largest?: { bytes: number; status: number };
  /** A field that makes an attempt go wrong, and what to put into it; `$MS` is a duration. */
  faults?: { field: string; howToEnable: string } & Partial<Record<Fault, string>>;
  /** How long a key may stay stuck after a crash; 20 s if absent. */
  recovery_ms?: number;
  /** An attempt that takes longer than this is given up, unless the fault `overrun` lets it go on. */
  attemptDeadline_ms?: number;
  /** How long the records of `main` live, where it is short enough to wait for. */
  expiry?: { field: string; howToShorten: string } | { ttl_ms: number };
  /** A path that tells what became of `$KEY`, and its words. */
  status?: { path: string; member: string; processing: string; completed: string; failed: string };
  /** Whether `Prefer: wait=N` (RFC 7240) is honoured on a duplicate. */
  preferWait?: boolean;
  correlation?: { field: string };
  cors?: { origin: string; exposed: string[]; howToAllow: string };
  /** Ends the target with SIGKILL. `$NODE`, `$PORT` and `$URL` are replaced; it runs in the profile's folder. */
  kill?: string;
  /** Starts it again, if it does not come back by itself. */
  restart?: string;
  /** Whether records and effects survive a kill. */
  durable?: boolean;
  /**
   * Of a gateway in front of another API: a GET whose answer is an array of the requests that this API got, which member of
   * each is the key that came with it, and the fault that makes the API answer that it is busy and has done nothing.
   */
  gateway?: { asked: string; keyMember: string; busy: string };
  /** A second address of the same service. */
  secondUrl?: string;
}

export type Fault = "delay" | "failBefore" | "failAfter" | "crashBefore" | "crashAfter" | "panic" | "overrun";
