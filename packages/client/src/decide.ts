/**
 * What to do, as pure functions: no I/O, no clock, no randomness. ALGORITHM.md has the same as tables, and vectors/ as
 * cases. The order is that of a call: claim, kind of the answer, settle, next.
 */

import type { Entry, UnknownReason } from "./types.js";

const BASE_MS = 200;
const CAP_MS = 30_000;

/** A request that leaves later than this before its key expires may arrive as a new one. */
const MARGIN_MS = 15_000;

/** Clocks are corrected by seconds. By more than this, the age of a key is unknown. */
const CLOCK_TOLERANCE_MS = 300_000;

/** Why a call ends without an answer for its caller. */
export type Failure = UnknownReason | "changed" | "deadline";

/**
 * The entry to store before the request is sent, or why it is not sent. `fresh` is the entry of this request if there is
 * no other. `held` is what this call has stored last: it counts if nothing is stored, for then the storage was cleared.
 */
export function claim(
  fresh: Entry,
  replace: boolean | undefined,
  now: number,
  held: Entry | undefined,
  entry: unknown = held,
): Entry | Failure {
  if (entry === undefined) return fresh;
  if (!isEntry(entry, fresh.intent)) return "corrupt";
  if (held && held.key !== entry.key) return "changed";

  const refused = entry.status! > 399 && entry.status! < 500 && !entry.inDoubt;
  if (entry.digest !== fresh.digest) return refused && replace ? fresh : "changed";
  const seenAt = Math.max(now, entry.seenAt);
  const lost = now + CLOCK_TOLERANCE_MS < seenAt ? "clock" : seenAt > lastSend(entry) && "expired";
  if (lost) return refused ? fresh : lost;
  return {
    ...entry,
    // What has happened stays so. What was refused may happen this time.
    ...(!(entry.status! < 400) && { state: "pending", status: undefined }),
    inDoubt: entry.inDoubt + 1,
    seenAt,
    request: fresh.request ?? entry.request,
  };
}

/**
 * When an attempt with this key ends at the latest: what is still waiting for a connection then is not sent any more.
 * Keys of short lives have a shorter margin.
 */
export function lastByte({ createdAt, expiresAt }: Entry): number {
  return expiresAt - Math.min(MARGIN_MS, Math.floor((expiresAt - createdAt) / 20));
}

/** The last moment at which a request with this key may be sent, so that it has some time for that. */
const lastSend = (entry: Entry) => 2 * lastByte(entry) - entry.expiresAt;

/** Whether this is an entry that this release can read. */
export function isEntry(stored: unknown, intent: string): stored is Entry {
  const entry = stored as Entry;
  return (
    entry?.version === 1 &&
    entry.intent === intent &&
    // Texts that are not empty have a first character.
    [entry.key, entry.digest].every((text) => text?.[0]) &&
    [entry.inDoubt, entry.createdAt, entry.seenAt, entry.expiresAt].every(Number.isFinite) &&
    ["pending", "unknown", entry.status! >= 0 && "settled"].includes(entry.state)
  );
}

/** The head of an answer, as a `Response` has it. */
export interface Head {
  status: number;
  headers: { get(name: string): string | null };
}

/** `definitive`: the service would say the same again. `repeat`: it may not. `reported`: it does not know the outcome. */
export type Kind = "definitive" | "repeat" | "reported";

export interface Answer {
  response: Head;
  kind: Kind;
}

/** Of an answer that has come in full. */
export function kindOf(response: Head, body: string): Kind {
  const { status, headers } = response;
  if (status < 400 || isReplay(response)) return "definitive";
  const { type, retryable } = parsed(/problem\+json/i.test(headers.get("Content-Type")!) ? body : "");
  if (/(^|\/)outcome-unknown$/.test(type as string)) return "reported";
  const told = String(retryable ?? headers.get("Stripe-Should-Retry") ?? headers.get("Transient-Error"));
  const repeat = /^(5|40[89]|42[59])/.test(String(status));
  return told === "true" || (repeat && told !== "false") ? "repeat" : "definitive";
}

const isReplay = ({ headers }: Head) => headers.get("Idempotent-Replayed") === "true";

function parsed(body: string): { type?: unknown; retryable?: unknown } {
  try {
    return JSON.parse(body) ?? {};
  } catch {
    return {};
  }
}

/** The entry to store after an answer, or `changed` if what is stored is to stay. `held` is as for `claim`. */
export function settle(
  { response, kind }: Answer,
  now: number,
  held: Entry,
  entry: unknown = held,
): Entry | "changed" {
  if (!isEntry(entry, held.intent) || entry.key !== held.key) return "changed";

  const { status, headers } = response;
  const known = status < 400 || (status < 500 && isReplay(response));
  const after: Entry = {
    ...entry,
    // What asks for a repetition says nothing of a copy that the platform, or a proxy, may have sent before.
    inDoubt: known ? 0 : Math.max(+(kind !== "definitive"), entry.inDoubt - +(status < 500)),
    seenAt: Math.max(now, entry.seenAt),
    expiresAt: Math.min(
      entry.expiresAt,
      now + msUntil(headers.get("X-Idempotency-Expires-At"), headers, now),
    ),
  };
  if (kind === "repeat" || (entry.status! < 400 && status > 399)) return after;
  return kind === "reported"
    ? { ...after, state: "unknown", status: undefined }
    : { ...after, state: "settled", status };
}

/** How long it is until a date of the service. The device's clock may differ from its, so `Date` is what counts. */
function msUntil(date: string | null, headers: Head["headers"], now: number): number {
  const ms = Date.parse(date!) - (Date.parse(headers.get("Date")!) || now);
  return isNaN(ms) ? Infinity : ms;
}

/**
 * What a call does after it has sent for the nth time, with an answer or none: it responds, fails, or waits until a time.
 * `random` is in [0, 1).
 */
export function next(
  entry: Entry,
  answer: Answer | undefined,
  sends: number,
  deadline: number,
  now: number,
  random: number,
): "definitive" | Failure | number {
  if (answer && answer.kind !== "repeat") return answer.kind;
  const jitter = Math.floor(random * Math.min(CAP_MS, BASE_MS * 2 ** (sends - 1)));
  const until = now + ((answer && retryAfter(answer.response, now)) || jitter);
  const last = lastSend(entry);
  if (until > last && last < deadline) return "expired";
  return until < deadline ? until : "deadline";
}

/** What `Retry-After` asks for, in milliseconds, in either of its forms (RFC 9110, 10.2.3), if that is more than 0. */
function retryAfter({ headers }: Head, now: number): number | false {
  const told = headers.get("Retry-After");
  const ms = /^\d+$/.test(told!) ? +told! * 1000 : msUntil(told, headers, now);
  return ms > 0 && ms < Infinity && ms;
}
