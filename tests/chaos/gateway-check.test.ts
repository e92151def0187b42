// The checker has teeth: each kind of wrong history is found, and named for what it is.

import { describe, expect, test } from "vitest";
import type { Answer } from "./history.ts";
import { Random } from "./random.ts";
import { check, type Evidence, FINAL, type Promise } from "./gateway/check.ts";
import type { Exchange } from "./gateway/clients.ts";
import { type KeyPlan, planKey } from "./gateway/plan.ts";
import type { Arrival } from "./gateway/upstream.ts";

const UNKNOWN = problem(409, "outcome-unknown");
const RUNNING = problem(409, "operation-in-progress");

describe("a history without fault", () => {
  test("is not objected to", () => {
    expect(check(history())).toEqual([]);
  });

  test("may have a key that is held after an answer that was lost, and one that an operator has set free", () => {
    const held = history({
      arrivals: [arrival({ behavior: "reset" })],
      exchanges: [exchange({ outcome: problem(502, "outcome-unknown") }), last({ outcome: UNKNOWN })],
      statuses: new Map([[0, "AMBIGUOUS"]]),
    });
    const ruled = history({
      arrivals: [arrival({ behavior: "reset" }), arrival({ atMs: 900 })],
      rulings: [{ plan: 0, as: "failed", atMs: 500, accepted: true }],
    });

    expect([...check(held), ...check(ruled)]).toEqual([]);
  });

  test("may have a request that is sent again after an answer that nothing was done", () => {
    const busy = arrival({ behavior: "busy", status: 429, text: "busy" });
    const told = exchange({ outcome: answer({ status: 429, text: "busy" }) });

    expect(check(history({ arrivals: [busy, arrival()], exchanges: [told, exchange(), last()] }))).toEqual(
      [],
    );
  });
});

describe("the API", () => {
  test.each(["created", "late", "silent", "reset", "error"] as const)(
    "that is asked twice is found, if it was %s the first time",
    (behavior) => {
      const arrivals = [arrival({ behavior }), arrival({ atMs: 900 })];

      expectFound(history({ arrivals }), "one upstream request per key", behavior);
    },
  );

  test("that is asked again before an operator says so is found", () => {
    const arrivals = [arrival({ behavior: "reset" }), arrival({ atMs: 300 })];
    const rulings = [{ plan: 0, as: "failed", atMs: 500, accepted: true } as const];

    expectFound(history({ arrivals, rulings }), "one upstream request per key", "reset");
  });

  test("that is asked with two keys is found, also where the policy sends again", () => {
    const arrivals = [arrival(), arrival({ derivedKey: "another" })];

    expectFound(
      history({ arrivals, plans: [{ ...PLAN, rule: "resend" }] }),
      "one derived key per key",
      "another",
    );
  });

  test("that is asked with the client's own key, or with none, is found", () => {
    for (const derivedKey of [PLAN.key, undefined])
      expectFound(
        history({ arrivals: [arrival({ derivedKey })] }),
        "one derived key per key",
        `${derivedKey}`,
      );
  });

  test("that is asked with one key for two is found", () => {
    const plans = [PLAN, { ...PLAN, index: 1 }];
    const evidence = history({ plans, arrivals: [arrival(), arrival({ plan: 1 })] });

    expectFound(evidence, "one derived key per key", "0 and 1");
  });

  test("that gets another body than was sent is found", () => {
    expectFound(history({ arrivals: [arrival({ body: "{}" })] }), "the upstream gets the request", "{}");
  });
});

describe("answers", () => {
  test("two that differ in one byte are found", () => {
    const other = exchange({ outcome: answer({ replayed: true, text: "made\xfe" }) });
    const arrivals = [arrival(), arrival({ text: "made\xfe" })];

    expectFound(
      history({ arrivals, exchanges: [exchange(), other, last()] }),
      "one answer per key",
      "2 different",
    );
  });

  test("two that are both told as the first are found", () => {
    expectFound(history({ exchanges: [exchange(), exchange(), last()] }), "one first answer per key", "all");
  });

  test("one that is passed on twice is found", () => {
    const arrivals = [arrival({ behavior: "error", status: 500 })];
    const told = exchange({ outcome: answer({ status: 500 }) });

    expectFound(history({ arrivals, exchanges: [told, told] }), "one first answer per key", "passed on once");
  });

  test("one that the API has not sent is found", () => {
    const made = exchange({ outcome: answer({ text: "made up" }) });

    expectFound(history({ exchanges: [made, last()] }), "the answer is the upstream's", "nobody");
  });

  test("one that is not of the contract is found", () => {
    const broken = exchange({ outcome: problem(500, "internal-error") });

    expectFound(history({ exchanges: [broken, last()] }), "only answers of the contract", "500");
  });

  test("a stranger that is told of the running attempt is found", () => {
    const stranger = exchange({ body: "another", outcome: RUNNING });

    expectFound(
      history({ exchanges: [exchange(), stranger, last()] }),
      "a key belongs to one request",
      "another",
    );
  });
});

describe("liveness", () => {
  test("a request that hangs, and one whose connection breaks, are found", () => {
    for (const outcome of [{ kind: "hung" }, { kind: "lost", reason: "reset" }] as const)
      expectFound(
        history({ exchanges: [exchange({ outcome }), last()] }),
        "every request is answered",
        "request 1",
      );
  });

  test.each(["PROCESSING", "FAILED", "404", "AMBIGUOUS"])(
    "a key left %s behind an answer is found",
    (status) => {
      expectFound(history({ statuses: new Map([[0, status]]) }), "every key settles", status);
    },
  );

  test("a key that is completed and does not answer is found", () => {
    expectFound(history({ exchanges: [exchange(), last({ outcome: UNKNOWN })] }), "every key settles", "409");
  });

  test("a key that is held where the policy sends again is found", () => {
    const plans: KeyPlan[] = [{ ...PLAN, rule: "resend" }];
    const exchanges = [last({ outcome: UNKNOWN })];
    const evidence = history({ plans, exchanges, statuses: new Map([[0, "AMBIGUOUS"]]) });

    expectFound(evidence, "every key settles", "AMBIGUOUS");
  });
});

const PLAN: KeyPlan = { ...planKey(new Random(1), 0), rule: "hold" };

/** One key, one request, one answer; with changes. */
function history(change: Partial<Evidence> = {}): Evidence {
  const exchanges = [exchange(), last()];
  const statuses = new Map([[0, "COMPLETED"]]);
  const whole = { plans: [PLAN], exchanges, arrivals: [arrival()], rulings: [], statuses };
  return { ...whole, downtimes: [], unaskedPanics: [], ...change };
}

function exchange(change: Partial<Exchange> = {}): Exchange {
  const sent = { number: 1, plan: 0, device: "phone", body: "own", startedMs: 0, endedMs: 20 };
  return { ...sent, outcome: answer(), ...change };
}

function last(change: Partial<Exchange> = {}): Exchange {
  return exchange({ number: 9, device: FINAL, outcome: answer({ replayed: true }), ...change });
}

function arrival(change: Partial<Arrival> = {}): Arrival {
  const done = { behavior: "created", status: 201, text: "made\xff" } as const;
  return { plan: 0, atMs: 10, derivedKey: "derived", body: "own", ...done, ...change };
}

function answer(change: Partial<Answer> = {}): Answer {
  const whole = { status: 201, text: "made\xff", location: null, replayed: false, retryAfter: null };
  return { kind: "answer", ...whole, ...change };
}

function problem(status: number, slug: string): Answer {
  return { ...answer({ status, retryAfter: "1", text: "{}" }), problem: slug };
}

function expectFound(evidence: Evidence, rule: Promise, detail: string) {
  const found = check(evidence).filter((violation) => violation.rule === rule);
  expect(found[0]?.detail).toContain(detail);
}
