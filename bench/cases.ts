// What is measured: for each case the request, the answer it must have, the floors it is held against, and how much dearer
// than each it may be.

import type { Load } from "./load.ts";

/** What a request does besides having its key in it. */
type Sent = Pick<Load, "path" | "content">;

export interface Case {
  name: string;
  /** What it is held against: the processor time of a request, ours over theirs, is to be `atMost`. */
  against: { floor: FloorName; atMost: number }[];
  /** Which of our Workers it is sent to, and which J, if not to one without variables. */
  worker?:
    "forgetful" | "uncopied" | "retried" | "gateway" | "forgetful gateway" | "tokens" | "issuer" | "limited";
  request: Sent;
  keys: Keys;
  /** What every answer is. */
  answer: Pick<Load, "status" | "contains">;
  /** The content that was sent with each key before, if it is another. */
  contentBefore?: string;
  /** The callers, if they are not nobody. */
  callers?: "tokens" | "issuer";
}

/**
 * Which keys the requests have: each a new one; none; one that is none; some that are completed, or run on while they
 * are asked for.
 */
export type Keys = "new" | "none" | "bad" | "completed" | "running";

/** A floor of `FLOORS` or `STEPS`, or J. */
export type FloorName =
  | "F1"
  | "F2"
  | "F3"
  | "F4"
  | "F5"
  | "G1"
  | "G3"
  | "F1-fields"
  | "F1-log"
  | "F4-row"
  | (typeof TOLD)[number]
  | "J";

const TOLD = ["F1-line-fields", "F2-line-fields", "F4-told", "F5-told"] as const;

export interface Floor {
  name: FloorName;
  does: string;
  keys: Keys;
}

/** In JavaScript and in Rust. */
export const FLOORS: Floor[] = [
  { name: "F1", does: "reads the content, answers a fixed 201", keys: "none" },
  { name: "F2", does: "calls an object that is there, which answers fixed bytes", keys: "completed" },
  { name: "F3", does: "calls a new object, which stores twice, sets an alarm, answers", keys: "new" },
  { name: "F4", does: "F3, and one row in D1 between the two", keys: "new" },
  { name: "F5", does: "F4, and one copy in KV after the answer", keys: "new" },
  { name: "G1", does: "passes the request to an API, and its answer back", keys: "none" },
  { name: "G3", does: "F3, and an API asked between the two", keys: "new" },
];

/** In JavaScript alone: what does one thing more, and what does all that the contract asks for. */
export const STEPS: Floor[] = [
  { name: "F1-fields", does: "F1, with 14 fields read, 9 answered, and a deadline", keys: "none" },
  { name: "F1-log", does: "F1, and a line logged", keys: "none" },
  { name: "F4-row", does: "F4, with the row of a resource, which is given back", keys: "new" },
  { name: "F1-line-fields", does: "F1-fields, and a line logged", keys: "none" },
  { name: "F2-line-fields", does: "F2, with the same fields, deadline and line", keys: "completed" },
  { name: "F4-told", does: "F4-row, and three lines logged", keys: "new" },
  { name: "F5-told", does: "F4-told, and one copy in KV after the answer", keys: "new" },
];

export const J = "J: the same work as this service, in plain JavaScript";

/** How much of J's processor time everything is to take. */
const J_AT_MOST = 0.95;

export const RESOURCE: Sent = {
  path: "/api/v1/operations/resources",
  content: JSON.stringify({
    name: "Lathe",
    description: "A machine tool that rotates a workpiece",
    metadata: { weight_kg: 1250.5, tags: ["metal", "wood"] },
  }),
};
const TRANSACTION: Sent = {
  path: "/api/v1/operations/transactions",
  content: JSON.stringify({ amount: 99.95, currency: "USD", description: "One coffee machine" }),
};
const AUDIT_ENTRY: Sent = {
  path: "/api/audit/log",
  content: JSON.stringify({ user_id: "u1", action: "login", details: { from: "page" } }),
};
/** A resource of about so many bytes. */
const large = (bytes: number): Sent => ({
  path: RESOURCE.path,
  content: JSON.stringify({ name: "Lathe", metadata: { notes: Array(bytes / 64).fill("x".repeat(61)) } }),
});

const held = (floor: FloorName, atMost: number) => [
  { floor, atMost },
  { floor: "J" as const, atMost: J_AT_MOST },
];
const againstJ = [{ floor: "J" as const, atMost: J_AT_MOST }];

const REPLAYED = { status: 201, contains: "Idempotent-Replayed: true" };
const REFUSED = { status: 400 };
const first = { keys: "new" as const, answer: { status: 201 } };
const replay = { request: RESOURCE, keys: "completed" as const, answer: REPLAYED };
const mismatch = {
  ...replay,
  answer: REFUSED,
  contentBefore: JSON.stringify({ name: "Another" }),
};

const FIRST: Case[] = Object.entries({
  resource: RESOURCE,
  transaction: TRANSACTION,
  "audit entry": AUDIT_ENTRY,
}).flatMap(([name, request]) => [
  {
    ...{ name: `first request: ${name}, copies off`, ...first, request },
    ...{ worker: "uncopied" as const, against: held("F4-told", 1.08) },
  },
  { name: `first request: ${name}`, ...first, request, against: held("F5-told", 1.12) },
]);

const REPLAYS: Case[] = [
  {
    ...{ name: "replay from the object", ...replay },
    ...{ worker: "forgetful", against: held("F2-line-fields", 1.35) },
  },
  {
    ...{ name: "409 while the first runs", request: RESOURCE, keys: "running", answer: { status: 409 } },
    ...{ against: held("F2-line-fields", 1.35) },
  },
  {
    ...{ name: "mismatch by the object", ...mismatch },
    ...{ worker: "forgetful", against: held("F2-line-fields", 1.35) },
  },
  { name: "replay from memory", ...replay, against: held("F1-line-fields", 1.3) },
  { name: "mismatch from memory", ...mismatch, against: held("F1-line-fields", 1.3) },
  {
    ...{ name: "refused: no key", request: RESOURCE, keys: "none", answer: REFUSED },
    ...{ against: held("F1-line-fields", 1.3) },
  },
  {
    ...{ name: "refused: bad key", request: RESOURCE, keys: "bad", answer: REFUSED },
    ...{ against: held("F1-line-fields", 1.3) },
  },
];

const ORDER: Sent = { ...RESOURCE, path: "/orders" };

/** In front of an API. */
const GATEWAY: Case[] = [
  {
    ...{ name: "gateway: first request", ...first, request: ORDER },
    ...{ worker: "gateway", against: held("G3", 1.15) },
  },
  {
    ...{ name: "gateway: replay from memory", ...replay, request: ORDER },
    ...{ worker: "gateway", against: held("F1-line-fields", 1.2) },
  },
  {
    ...{ name: "gateway: replay from the object", ...replay, request: ORDER },
    ...{ worker: "forgetful gateway", against: held("F2-line-fields", 1.2) },
  },
  {
    ...{ name: "gateway: pass-through", request: ORDER, keys: "none", answer: { status: 201 } },
    ...{ worker: "gateway", against: held("G1", 1.1) },
  },
];

/** What other load costs. */
const OTHERS: Case[] = [
  ...[1, 16, 256].flatMap((kb): Case[] => [
    { name: `first request: ${kb} KB`, ...first, request: large(kb * 1024 - 128), against: againstJ },
    { name: `replay from memory: ${kb} KB`, ...replay, request: large(kb * 1024 - 128), against: againstJ },
  ]),
  {
    name: "replay from memory: 1,000 API tokens",
    ...replay,
    worker: "tokens",
    callers: "tokens",
    against: [],
  },
  { name: "replay from memory: 1,000 JWTs", ...replay, worker: "issuer", callers: "issuer", against: [] },
  { name: "replay from memory: limiter bound", ...replay, worker: "limited", against: [] },
  {
    name: "first request: resource, copies retried",
    ...first,
    request: RESOURCE,
    worker: "retried",
    against: [],
  },
];

export const CASES: Case[] = [...FIRST, ...REPLAYS, ...GATEWAY, ...OTHERS];
