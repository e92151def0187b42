// What is measured: for each case the request, the answer it must have, and the floor it is held against.

import type { Load } from "./load.ts";

/** What a request does besides having its key in it. */
type Sent = Pick<Load, "path" | "content">;

export interface Case {
  name: string;
  floor: FloorName;
  /** The floor that does all that the case has to do, if that is another. */
  allOf?: FloorName;
  /** How much of the floor's speed it is to have. */
  target: number;
  /** Which of our Workers it is sent to, if not to one without variables. */
  worker?: "forgetful" | "quiet" | "gateway" | "forgetful gateway";
  request: Sent;
  keys: Keys;
  /** What every answer is. */
  answer: Pick<Load, "status" | "contains">;
  /** The content that was sent with each key before, if it is another. */
  contentBefore?: string;
}

/**
 * Which keys the requests have: each a new one; none; one that is none; some that are completed, or run on while they
 * are asked for.
 */
export type Keys = "new" | "none" | "bad" | "completed" | "running";

export type FloorName = "F1" | "F2" | "F3" | "F4" | "F5" | "G1" | "G3";

export const FLOORS: { name: FloorName; does: string; keys: Keys }[] = [
  { name: "F1", does: "reads the content, answers a fixed 201", keys: "none" },
  { name: "F2", does: "calls an object that is there, which answers fixed bytes", keys: "completed" },
  { name: "F3", does: "calls a new object, which stores twice, sets an alarm, answers", keys: "new" },
  { name: "F4", does: "F3, and one row in D1 between the two", keys: "new" },
  { name: "F5", does: "F4, and one copy in KV after the answer", keys: "new" },
  { name: "G1", does: "passes the request to an API, and its answer back", keys: "none" },
  { name: "G3", does: "F3, and an API asked between the two", keys: "new" },
];

/** Floors that do one thing more, in JavaScript alone. */
export const STEPS: { name: string; path: string; keys: Keys }[] = [
  { name: "F1, 14 fields read, 9 answered, a deadline", path: "/F1-fields", keys: "none" },
  { name: "F1, a line logged", path: "/F1-log", keys: "none" },
  { name: "F4, with the row of a resource", path: "/F4-row", keys: "new" },
];

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

const TARGET = 0.85;

const first = (name: string, request: Sent): Case => ({
  name: `first request: ${name}`,
  floor: "F4",
  allOf: "F5",
  target: TARGET,
  request,
  keys: "new",
  answer: { status: 201 },
});
const replay = { request: RESOURCE, keys: "completed" as const };
const REPLAYED = { status: 201, contains: "Idempotent-Replayed: true" };
const REFUSED = { status: 400 };

const ORDER: Sent = { ...RESOURCE, path: "/orders" };

/** In front of an API. */
const GATEWAY: Case[] = [
  {
    name: "gateway: first request",
    floor: "G3",
    target: TARGET,
    worker: "gateway",
    request: ORDER,
    keys: "new",
    answer: { status: 201 },
  },
  {
    name: "gateway: replay from memory",
    floor: "F1",
    target: TARGET,
    worker: "gateway",
    request: ORDER,
    keys: "completed",
    answer: REPLAYED,
  },
  {
    name: "gateway: replay from the object",
    floor: "F2",
    target: TARGET,
    worker: "forgetful gateway",
    request: ORDER,
    keys: "completed",
    answer: REPLAYED,
  },
  {
    name: "gateway: pass-through",
    floor: "G1",
    target: TARGET,
    worker: "gateway",
    request: ORDER,
    keys: "none",
    answer: { status: 201 },
  },
];

export const CASES: Case[] = [
  first("resource", RESOURCE),
  first("transaction", TRANSACTION),
  first("audit entry", AUDIT_ENTRY),
  { name: "replay from memory", floor: "F1", target: TARGET, ...replay, answer: REPLAYED },
  {
    name: "replay from memory, not logged",
    floor: "F1",
    target: TARGET,
    worker: "quiet",
    ...replay,
    answer: REPLAYED,
  },
  {
    name: "replay from the object",
    floor: "F2",
    target: TARGET,
    worker: "forgetful",
    ...replay,
    answer: REPLAYED,
  },
  {
    name: "409 while the first runs",
    floor: "F2",
    target: TARGET,
    request: RESOURCE,
    keys: "running",
    answer: { status: 409 },
  },
  { name: "refused: no key", floor: "F1", target: TARGET, request: RESOURCE, keys: "none", answer: REFUSED },
  { name: "refused: bad key", floor: "F1", target: TARGET, request: RESOURCE, keys: "bad", answer: REFUSED },
  {
    name: "refused: mismatch",
    floor: "F1",
    target: TARGET,
    ...replay,
    contentBefore: JSON.stringify({ name: "Another" }),
    answer: REFUSED,
  },
  ...GATEWAY,
];
