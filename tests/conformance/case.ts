// What a case is, and the words that cases say their expectations in.

import type { Bench } from "./bench.ts";
import type { Answer } from "./wire.ts";

/** What a case needs of its target. suite.ts finds out which of them it has. */
export type Need =
  | "delay"
  | "failBefore"
  | "failAfter"
  | "crashBefore"
  | "crashAfter"
  | "panic"
  | "overrun"
  | "kill"
  | "expiry"
  | "callers"
  | "counting"
  | "cors"
  | `routes.${string}`
  | `callers.${string}`
  | `shapes.${string}`
  | `key.${string}`
  | `expects.${string}`
  | "status"
  | "preferWait"
  | "correlation"
  | "largest"
  | "attemptDeadline_ms"
  | "gateway"
  | "secondUrl";

export interface Case {
  /** Names the case for ever, in reports and on the command line. */
  id: string;
  /** What the target does, as a sentence. */
  title: string;
  /** Where the expectation comes from. */
  source: string;
  /** Which of the collected cases it shows: see docs/conformance.md. */
  shows?: number[];
  needs?: Need[];
  /** Why no profile could make it possible: listed so that nobody takes it for shown. */
  notFromOutside?: string;
  /** Mostly waits, so that it takes nobody's place. */
  waits?: boolean;
  /** Disturbs or measures the whole target: no other case runs meanwhile. */
  alone?: boolean;
  run(bench: Bench): Promise<void>;
}

/** The target does not do what the case expects. */
export class Unexpected extends Error {}

/** The case cannot be shown on this target. */
export class NotApplicable extends Error {}

export function check(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Unexpected(message);
}

export function equal(actual: unknown, expected: unknown, what: string): void {
  check(actual === expected, `${what}: expected ${show(expected)}, got ${show(actual)}`);
}

/** `expected` is a status, or several of which each is right. */
export function hasStatus(answer: Answer, expected: number | number[], what: string): void {
  const right = [expected].flat();
  check(
    right.includes(answer.status),
    `${what}: expected ${right.join(" or ")}, got ${answer.status} ${excerpt(answer.text)}`,
  );
}

export function isClientError(answer: Answer, what: string): void {
  check(answer.status >= 400 && answer.status < 500, `${what}: expected 4xx, got ${answer.status}`);
}

function show(value: unknown): string {
  return excerpt(typeof value === "string" ? value : (JSON.stringify(value) ?? "nothing"));
}

function excerpt(text: string): string {
  return text.length > 160 ? `${text.slice(0, 160)}…` : text;
}

/** Polls a condition; the bound is far beyond what it should take. */
export async function eventually(
  condition: () => Promise<boolean>,
  what: string,
  within_ms = 20_000,
): Promise<void> {
  const until = Date.now() + within_ms;
  while (!(await condition().catch(() => false))) {
    check(Date.now() < until, `${what}: not within ${within_ms} ms`);
    await pause(25);
  }
}

/** Ends early, and without an error, when `signal` is aborted. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, Math.max(0, ms));
    signal?.addEventListener("abort", () => (clearTimeout(timer), resolve()));
  });
}

export const times = <T>(count: number, make: (i: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => make(i));
