// The checker of the random run finds each kind of run that is wrong.

import { describe, expect, test } from "vitest";
import type { Passed } from "./proxy.ts";
import { check, CREDENTIAL } from "./random/check.ts";
import type { Ending, Evidence } from "./random/evidence.ts";
import { FORGOTTEN_AFTER_S, type IntentPlan } from "./random/plan.ts";

const PAID: Ending = { kind: "answer", status: 201, text: '{"id":1}', replayed: false };
const REFUSED: Ending = { kind: "answer", status: 422, text: "{}", replayed: false };
const MISMATCH: Ending = {
  kind: "answer",
  status: 400,
  text: '{"type":"/problems/request-mismatch"}',
  replayed: false,
};
const UNKNOWN: Ending = { kind: "unknown", reason: "reported" };

test("a run in which all is well passes", () => {
  expect(check(run())).toEqual([]);
  expect(check(run({ asked: [REFUSED], final: REFUSED, rows: 0 }))).toEqual([]);
  expect(check(run({ asked: [UNKNOWN], final: UNKNOWN, rows: 0 }))).toEqual([]);
  expect(check(run({ keys: ["one", "two"], fault: { kind: "answer", status: 401 } }))).toEqual([]);
});

describe("a run is wrong in which", () => {
  test.each<[string, Run, string]>([
    ["something happens twice", { rows: 2 }, "took effect 2 times"],
    ["something is answered that did not happen", { rows: 0 }, "without an effect"],
    ["something is refused and happens", { asked: [REFUSED], final: REFUSED }, "refused and took effect"],
    ["two get two answers", { asked: [{ ...PAID, text: "other" }] }, "different answers"],
    ["an intent has no end", { final: { kind: "deadline" } }, "neither definitive nor unknown"],
    ["an intent is forgotten", { final: undefined }, "neither definitive nor unknown"],
    ["what is known becomes unknown", { final: UNKNOWN }, "became unknown"],
    ["a key is made for each try", { keys: ["one", "two"] }, "two keys"],
    ["a key is used for two requests", { asked: [MISMATCH], final: PAID }, "a call ended with"],
    [
      "a call ends with an error of its own",
      { asked: [{ kind: "error", message: "?" }] },
      "a call ended with",
    ],
    ["a key is sent that is not stored", { isUnstored: true }, "before it was stored"],
    [
      "a key is sent that the service has forgotten",
      { kind: "short", sentAt: FORGOTTEN_AFTER_S * 1000 + 1 },
      "had forgotten",
    ],
    ["an item stays in an outbox", { waiting: ["intent-0"] }, "still waits"],
    ["a credential is stored", { remains: `"${CREDENTIAL}"` }, "credential"],
  ])("%s", (_, wrong, told) => {
    const violations = check(run(wrong));

    expect(violations).toHaveLength(1);
    expect(violations[0]).toContain(told);
  });
});

interface Run {
  kind?: IntentPlan["kind"];
  asked?: Ending[];
  final?: Ending | undefined;
  rows?: number;
  keys?: string[];
  sentAt?: number;
  /** What its requests met. */
  fault?: Passed["fault"];
  isUnstored?: boolean;
  waiting?: string[];
  remains?: string;
}

/** The evidence of a run with one intent. */
function run(given: Run = {}): Evidence {
  const { asked = [PAID], rows = 1, keys = ["one"], sentAt = 0, isUnstored = false, remains = "" } = given;
  const { fault = { kind: "none" } } = given;
  const final = "final" in given ? given.final : PAID;
  const intent = "intent-0";
  const passed = keys.map((key) => ({ key, at: sentAt, fault, body: "{}" }) as Passed);
  return {
    plans: [{ name: intent, kind: given.kind ?? "resource", bodies: { invalid: "?" } } as IntentPlan],
    asked: asked.map((ending) => ({ intent, body: "own", ending })),
    finals: new Map(final && [[intent, final]]),
    stored: new Map(keys.map((key) => [key, { intent, createdAt: 0 }])),
    passed,
    unstored: isUnstored ? passed : [],
    effects: new Map([[intent, Array.from({ length: rows }, (_, row) => `${row}`)]]),
    waiting: given.waiting ?? [],
    remains,
    kills: 0,
    outages: 0,
  };
}
