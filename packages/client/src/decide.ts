/**
 * What to do, as pure functions: no I/O, no clock, no randomness. ALGORITHM.md has the same as tables, and vectors/ as
 * cases. The order is that of a call: claim, kind of the answer, settle, next.
 */

import type { Entry, UnknownReason } from "./types.js";

const BASE_MS = 200;
const CAP_MS = 30_000;

/** An attempt of this service takes up to 25 s, and has to end while the key lives. */
const MARGIN_MS = 30_000;

/** Clocks are corrected by seconds. By more than this, the age of a key is unknown. */
const CLOCK_TOLERANCE_MS = 300_000;

/** Why a call ends without an answer for its caller. */
export type Failure = UnknownReason | "changed" | "deadline";

/**
 * The entry to store before the request is sent, or why it is not sent. `fresh` is the entry of this request if there is
 * no other, `held` what this call has stored last.
 */
export function claim(
  stored: unknown,
  fresh: Entry,
  replace: boolean | undefined,
  held: Entry | undefined,
  now: number,
): Entry | Failure {
  const entry = stored === undefined ? held : stored;
  if (entry === undefined) return fresh;
  if (!isEntry(entry, fresh.intent)) return "corrupt";
  if (held && held.key !== entry.key) return "changed";

  const refused = entry.status! > 399 && entry.status! < 500 && !entry.inDoubt;
  if (entry.digest !== fresh.digest) return refused && replace ? fresh : "changed";
  const lost = lostBecause(entry, now);
  if (lost) return refused ? fresh : lost;
  return {
    ...entry,
    ...(!isDone(entry) && { state: "pending", status: undefined }),
    inDoubt: entry.inDoubt + 1,
    seenAt: Math.max(now, entry.seenAt),
    request: fresh.request ?? entry.request,
  };
}

/** Why a request with this key may be a new one to the service, if so. */
function lostBecause(entry: Entry, now: number): "clock" | "expired" | undefined {
  if (now + CLOCK_TOLERANCE_MS < entry.seenAt) return "clock";
  return Math.max(now, entry.seenAt) > lastSend(entry) ? "expired" : undefined;
}

/** The last moment at which a request with this key may be sent. */
function lastSend({ createdAt, expiresAt }: Entry): number {
  return expiresAt - Math.min(MARGIN_MS, Math.floor((expiresAt - createdAt) / 10));
}

/** Whether it has happened, and the client knows. */
const isDone = ({ status }: Entry) => status! < 400;

/** Whether this is an entry that this release can read. */
export function isEntry(stored: unknown, intent: string): stored is Entry {
  const entry = stored as Entry;
  return (
    entry?.version === 1 &&
    entry.intent === intent &&
    [entry.key, entry.digest].every((text) => text && typeof text === "string") &&
    [entry.inDoubt, entry.createdAt, entry.seenAt, entry.expiresAt, entry.status ?? 0].every(
      Number.isFinite,
    ) &&
    (entry.state === "settled" ? !!entry.status : ["pending", "unknown"].includes(entry.state))
  );
}

/** A whole answer: its head, as of a `Response`, and its body as text. */
export interface Answer {
  response: { status: number; headers: { get(name: string): string | null } };
  body: string;
}

/** `definitive`: the service would say the same again. `repeat`: it may not. `reported`: it does not know the outcome. */
export type Kind = "definitive" | "repeat" | "reported";

export function kindOf({ response, body }: Answer): Kind {
  const { status, headers } = response;
  if (status < 400 || isReplay(response)) return "definitive";
  const { type, retryable } = /^application\/problem\+json/i.test(headers.get("Content-Type")!)
    ? parsed(body)
    : ({} as ReturnType<typeof parsed>);
  if (/(^|\/)outcome-unknown$/.test(type as string)) return "reported";
  const told = String(retryable ?? headers.get("Stripe-Should-Retry") ?? headers.get("Transient-Error"));
  const repeat = status > 499 || [408, 409, 425, 429].includes(status);
  return told === "true" || (repeat && told !== "false") ? "repeat" : "definitive";
}

const isReplay = ({ headers }: Answer["response"]) => headers.get("Idempotent-Replayed") === "true";

function parsed(body: string): { type?: unknown; retryable?: unknown } {
  try {
    return JSON.parse(body) ?? {};
  } catch {
    return {};
  }
}

/** The entry to store after an answer, or `changed` if what is stored is to stay. `held` is what this call has stored last. */
export function settle(
  stored: unknown,
  held: Entry,
  { response }: Answer,
  kind: Kind,
  now: number,
): Entry | "changed" {
  const entry = stored === undefined ? held : stored;
  if (!isEntry(entry, held.intent) || entry.key !== held.key) return "changed";

  const { status, headers } = response;
  const known = status < 400 || (status < 500 && isReplay(response));
  const after: Entry = {
    ...entry,
    inDoubt: known ? 0 : status < 500 ? Math.max(0, entry.inDoubt - 1) : entry.inDoubt,
    seenAt: Math.max(now, entry.seenAt),
    expiresAt: Math.min(
      entry.expiresAt,
      now + msUntil(headers.get("X-Idempotency-Expires-At"), headers, now),
    ),
  };
  if (kind === "repeat" || (isDone(entry) && status > 399)) return after;
  return kind === "reported"
    ? { ...after, state: "unknown", status: undefined }
    : { ...after, state: "settled", status };
}

/** How long it is until a date of the service. The device's clock may differ from its, so `Date` is what counts. */
function msUntil(date: string | null, headers: Answer["response"]["headers"], now: number): number {
  const ms = Date.parse(date!) - (Date.parse(headers.get("Date")!) || now);
  return isNaN(ms) ? Infinity : ms;
}

/** Where a call stands after a send. */
export interface Progress {
  /** How many times it has sent. */
  sends: number;
  deadline: number;
}

/** What a call does after an answer, or after none: it responds, fails, or waits until a time. `random` is in [0, 1). */
export function next(
  entry: Entry,
  answer: Answer | undefined,
  kind: Kind,
  { sends, deadline }: Progress,
  now: number,
  random: number,
): "definitive" | Failure | number {
  if (kind !== "repeat") return kind;
  const jitter = Math.floor(random * Math.min(CAP_MS, BASE_MS * 2 ** (sends - 1)));
  const until = now + (retryAfter(answer, now) ?? jitter);
  const last = lastSend(entry);
  if (until > last && last < deadline) return "expired";
  return until < deadline ? until : "deadline";
}

/** What `Retry-After` asks for, in milliseconds, in either of its forms (RFC 9110, 10.2.3), if that is more than 0. */
function retryAfter(answer: Answer | undefined, now: number): number | undefined {
  const headers = answer?.response.headers;
  const told = headers?.get("Retry-After") ?? "";
  const ms = /^\d+$/.test(told) ? +told * 1000 : told.endsWith("GMT") ? msUntil(told, headers!, now) : 0;
  return ms > 0 && ms < Infinity ? ms : undefined;
}
