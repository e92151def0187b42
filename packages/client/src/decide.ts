/**
 * What to do, as pure functions: no I/O, no clock, no randomness. ALGORITHM.md has the same as tables, and vectors/ as
 * cases. The order is that of a call: claim, answer, settle, next.
 */

import type { Entry, StoredRequest, UnknownReason } from "./types.js";

const BASE_MS = 200;
const CAP_MS = 30_000;

/** An attempt of this service takes up to 25 s, and has to end while the key lives. */
const MARGIN_MS = 30_000;

/** Clocks are corrected by seconds. By more than this, the age of a key is unknown. */
const CLOCK_TOLERANCE_MS = 300_000;

/** What a call wants to send. */
export interface Wanted {
  intent: string;
  digest: string;
  /** For a new entry. */
  newKey: string;
  lifetimeMs: number;
  replace?: boolean | undefined;
  request?: StoredRequest | undefined;
}

export type Claim =
  | { then: "send"; entry: Entry }
  | { then: "changed" }
  | { then: "unknown"; reason: UnknownReason; entry?: Entry };

/** Whether a request may be sent, and what is to be stored before. `held` is what this call has stored last. */
export function claim(stored: unknown, wanted: Wanted, held: Entry | undefined, now: number): Claim {
  const entry = stored === undefined ? held : stored;
  if (entry === undefined) return { then: "send", entry: fresh(wanted, now) };
  if (!isEntry(entry, wanted.intent)) return { then: "unknown", reason: "corrupt" };
  if (held && held.key !== entry.key) return { then: "changed" };

  const replaceable =
    entry.state === "settled" && entry.status! < 500 && !isDone(entry) && entry.inDoubt === 0;
  const other = entry.digest !== wanted.digest;
  if (other && !(replaceable && wanted.replace)) return { then: "changed" };
  const reason = lostBecause(entry, now);
  if (other || (reason && replaceable)) return { then: "send", entry: fresh(wanted, now) };
  if (reason) return { then: "unknown", reason, entry };
  return { then: "send", entry: again(entry, wanted, now) };
}

function fresh({ intent, digest, newKey, lifetimeMs, request }: Wanted, now: number): Entry {
  return {
    version: 1,
    intent,
    key: newKey,
    digest,
    state: "pending",
    inDoubt: 1,
    createdAt: now,
    seenAt: now,
    expiresAt: now + lifetimeMs,
    ...(request && { request }),
  };
}

function again(entry: Entry, { request }: Wanted, now: number): Entry {
  const { status, ...rest } = entry;
  return {
    ...rest,
    ...(isDone(entry) ? { status: status! } : { state: "pending" }),
    inDoubt: entry.inDoubt + 1,
    seenAt: Math.max(now, entry.seenAt),
    ...(request && { request }),
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
    [entry.inDoubt, entry.createdAt, entry.seenAt, entry.expiresAt].every(Number.isFinite) &&
    (entry.state === "settled" ? Number.isFinite(entry.status) : ["pending", "unknown"].includes(entry.state))
  );
}

/** What an answer says to a client. */
export interface Answer {
  status: number;
  headers: { get(name: string): string | null };
  /** The body, as text. */
  body: string;
}

/** `definitive`: the service would say the same again. `repeat`: it may not. `unknown`: it does not know the outcome. */
export type Kind = "definitive" | "repeat" | "unknown";

export function kindOf({ status, headers, body }: Answer): Kind {
  if (status < 400 || isReplay(headers)) return "definitive";
  const problem = problemOf(headers, body);
  if (/(^|\/)outcome-unknown$/.test(problem.type as string)) return "unknown";
  const repeat = toldToRepeat(headers, problem) ?? (status > 499 || [408, 409, 425, 429].includes(status));
  return repeat ? "repeat" : "definitive";
}

/** What the service says itself of a repetition: problem details first, then Stripe's and Adyen's field. */
function toldToRepeat(headers: Answer["headers"], { retryable }: Problem): boolean | undefined {
  if (typeof retryable === "boolean") return retryable;
  const told = headers.get("Stripe-Should-Retry") ?? headers.get("Transient-Error");
  return told === "true" || (told === "false" ? false : undefined);
}

const isReplay = (headers: Answer["headers"]) => headers.get("Idempotent-Replayed") === "true";

interface Problem {
  type?: unknown;
  retryable?: unknown;
}

function problemOf(headers: Answer["headers"], body: string): Problem {
  try {
    return /^application\/problem\+json\b/i.test(headers.get("Content-Type")!)
      ? (JSON.parse(body) ?? {})
      : {};
  } catch {
    return {};
  }
}

/** What is to be stored after an answer. `held` is what this call has stored last. */
export function settle(stored: unknown, held: Entry, answer: Answer, now: number): unknown {
  const entry = stored === undefined ? held : stored;
  if (!isEntry(entry, held.intent) || entry.key !== held.key) return stored;

  const { status, headers } = answer;
  const kind = kindOf(answer);
  const known = status < 500 && (status < 400 || isReplay(headers));
  const next: Entry = {
    ...entry,
    inDoubt: known ? 0 : Math.max(0, entry.inDoubt - (status < 500 ? 1 : 0)),
    seenAt: Math.max(now, entry.seenAt),
    expiresAt: Math.min(entry.expiresAt, toldExpiry(headers, now)),
  };
  if (kind === "repeat" || (isDone(entry) && status > 399)) return next;
  delete next.status;
  return kind === "unknown" ? { ...next, state: kind } : { ...next, state: "settled", status };
}

/** When the service forgets the key, by the device's clock, if the answer says so. */
function toldExpiry(headers: Answer["headers"], now: number): number {
  return now + untilDate(headers, headers.get("X-Idempotency-Expires-At"), now);
}

/** How long it is until a date that the service names. The device's clock may differ, so it is compared with `Date`. */
function untilDate(headers: Answer["headers"], date: string | null, now: number): number {
  const until = Date.parse(date!) - (Date.parse(headers.get("Date")!) || now);
  return Number.isNaN(until) ? Infinity : until;
}

/** Where a call stands after a send. */
export interface Progress {
  /** How many times it has sent. */
  sends: number;
  deadline: number;
}

export type Next =
  | { then: "respond" }
  | { then: "wait"; until: number }
  | { then: "unknown"; reason: UnknownReason }
  | { then: "deadline" };

/** What a call does after an answer, or after none. `random` is in [0, 1). */
export function next(
  entry: Entry,
  answer: Answer | undefined,
  { sends, deadline }: Progress,
  now: number,
  random: number,
): Next {
  const kind = answer ? kindOf(answer) : "repeat";
  if (kind === "definitive") return { then: "respond" };
  if (kind === "unknown") return { then: "unknown", reason: "reported" };

  const jitter = Math.floor(random * Math.min(CAP_MS, BASE_MS * 2 ** (sends - 1)));
  const until = now + (retryAfter(answer, now) ?? jitter);
  const last = lastSend(entry);
  if (until > last && last < deadline) return { then: "unknown", reason: "expired" };
  return until >= deadline ? { then: "deadline" } : { then: "wait", until };
}

/** What `Retry-After` asks for, in milliseconds, in either of its forms (RFC 9110, 10.2.3), if that is more than 0. */
function retryAfter(answer: Answer | undefined, now: number): number | undefined {
  const told = answer?.headers.get("Retry-After");
  if (!told) return undefined;
  const seconds = /^\d+$/.test(told);
  const wait = seconds ? +told * 1000 : told.endsWith("GMT") ? untilDate(answer!.headers, told, now) : 0;
  return wait > 0 && wait < Infinity ? wait : undefined;
}
