// The checker has teeth: each kind of wrong history is found, and named for what it is.

import { describe, expect, test } from "vitest";
import { check, type Rule } from "./check.ts";
import type { Answer, Effect, Evidence, Exchange, KeyStatus } from "./history.ts";

const KEY = { caller: "ada", key: "9b2e1c1e-52a9-4f4c-9d0b-0f6a1a2b3c4d" };
const IN_PROGRESS = problem(409, "operation-in-progress");
const FAILED = problem(503, "operation-failed");
const MISMATCH = problem(400, "request-mismatch");

describe("a history without fault", () => {
  test("is not objected to", () => {
    expect(check(history())).toEqual([]);
  });

  test("may have answers lost to a kill, clients that hung up, conflicts, failures and refused strangers", () => {
    const evidence = history({
      exchanges: [
        exchange({ startedMs: 1000, endedMs: 1100, outcome: { kind: "lost", reason: "ECONNRESET" } }),
        exchange({ outcome: { kind: "disconnected" } }),
        exchange({ outcome: IN_PROGRESS }),
        exchange({ outcome: FAILED }),
        exchange({ outcome: problem(503, "service-unavailable") }),
        exchange({ request: "other", outcome: MISMATCH }),
        exchange({ request: "broken", valid: false, outcome: problem(422, "validation-failed") }),
        exchange({ outcome: created() }),
        exchange({ outcome: created({ replayed: true }) }),
      ],
      downtimes: [{ fromMs: 1050, toMs: 1400 }],
    });

    expect(check(evidence)).toEqual([]);
  });

  test("leaves no trace of a key whose only payload was refused", () => {
    const refused = exchange({ valid: false, outcome: problem(422, "validation-failed") });
    const statuses = [{ ...KEY, status: "UNKNOWN", attempts: 0 }];

    expect(check(history({ exchanges: [refused], effects: [], statuses }))).toEqual([]);
  });
});

describe("effects", () => {
  test("two rows for a key are found", () => {
    expectFound(history({ effects: [effect(), effect({ id: "2" })] }), "one effect per key", "2 rows");
  });

  test("a key without its row is found", () => {
    expectFound(history({ effects: [] }), "one effect per key", "0 rows");
  });

  test("a row of a payload that was refused is found", () => {
    const refused = exchange({ valid: false, outcome: problem(422, "validation-failed") });

    expectFound(history({ exchanges: [refused] }), "one effect per key", "1 rows where 0");
  });

  test("a row more, under another caller, is found", () => {
    const foreign = effect({ caller: "grace" });

    expectFound(history({ effects: [effect(), foreign] }), "one effect per key", "nobody asked");
  });

  test("an answer that tells of another row is found", () => {
    expectFound(history({ effects: [effect({ id: "2" })] }), "the answer tells of the effect", "told of 1");
  });

  test("a row made of another payload than the answered one is found", () => {
    const other = effect({ request: "other" });

    expectFound(history({ effects: [other] }), "the answer tells of the effect", "of other");
  });
});

describe("answers", () => {
  test.each([
    ["content", { text: '{"id": "1"}' }],
    ["status", { status: 200 }],
    ["location", { location: "/elsewhere" }],
  ])("two that differ in their %s are found", (_, change) => {
    const second = exchange({ outcome: created({ replayed: true, ...change }) });

    expectFound(history({ exchanges: [exchange({}), second] }), "one answer per key", "2 different answers");
  });

  test("two that are both told as the first are found", () => {
    expectFound(history({ exchanges: [exchange({}), exchange({})] }), "one first answer per key", "all");
  });

  test("a mismatching payload that succeeds is found", () => {
    const other = exchange({ request: "other", outcome: created({ replayed: true }) });

    expectFound(history({ exchanges: [exchange({}), other] }), "a key belongs to one request", "own");
  });

  test("a mismatching payload that is told of the running attempt is found", () => {
    const other = exchange({ request: "other", outcome: IN_PROGRESS });

    expectFound(history({ exchanges: [exchange({}), other] }), "a key belongs to one request", "other");
  });

  test("a request that is refused as another's and then succeeds is found", () => {
    const refused = exchange({ outcome: MISMATCH });

    expectFound(history({ exchanges: [refused, exchange({})] }), "a key belongs to one request", "another's");
  });

  test("one that the contract does not have is found", () => {
    const broken = exchange({ outcome: problem(500, "internal-error") });

    expectFound(history({ exchanges: [broken, exchange({})] }), "only answers of the contract", "500");
  });

  test("a conflict without Retry-After is found", () => {
    const bare = exchange({ outcome: { ...IN_PROGRESS, retryAfter: null } });

    expectFound(history({ exchanges: [bare, exchange({})] }), "only answers of the contract", "Retry-After");
  });
});

describe("liveness", () => {
  test("a request that hangs is found", () => {
    const hung = exchange({ startedMs: 0, endedMs: 10_000, outcome: { kind: "hung" } });

    expectFound(history({ exchanges: [hung, exchange({})] }), "every request is answered", "10000 ms");
  });

  test("a connection that breaks while the runtime lives is found", () => {
    const lost = exchange({ startedMs: 5000, endedMs: 5100, outcome: { kind: "lost", reason: "reset" } });
    const downtimes = [{ fromMs: 1000, toMs: 1400 }];

    const evidence = history({ exchanges: [lost, exchange({})], downtimes });
    expectFound(evidence, "every request is answered", "living runtime");
  });

  test.each(["PROCESSING", "FAILED", "UNKNOWN", "UNANSWERED"])("a key left %s is found", (status) => {
    expectFound(history({ statuses: [{ ...KEY, status, attempts: 1 }] }), "every key settles", status);
  });

  test("a key that never succeeded is found", () => {
    expectFound(
      history({ exchanges: [exchange({ outcome: FAILED })] }),
      "every key settles",
      "ever succeeded",
    );
  });

  test("a panic that was not asked for is found", () => {
    const unaskedPanics = ["panicked at src/coordinator/object.rs: already borrowed"];

    expectFound(history({ unaskedPanics }), "no panic that was not asked for", "already borrowed");
  });
});

/** One key, one request, one row; with changes. */
function history(change: Partial<Evidence> = {}): Evidence {
  const statuses: KeyStatus[] = [{ ...KEY, status: "COMPLETED", attempts: 1 }];
  const whole: Evidence = {
    exchanges: [exchange({})],
    effects: [effect()],
    statuses,
    downtimes: [],
    unaskedPanics: [],
  };
  return { ...whole, ...change };
}

function exchange(change: Partial<Exchange>): Exchange {
  const sent = { ...KEY, number: 1, device: "phone", request: "own", valid: true, waitS: 0 };
  return { ...sent, startedMs: 0, endedMs: 20, outcome: created(), ...change };
}

function effect(change: Partial<Effect> = {}): Effect {
  return { ...KEY, table: "resources", id: "1", request: "own", ...change };
}

function created(change: Partial<Answer> = {}): Answer {
  const answer = { status: 201, text: '{"id":"1"}', location: "/1", replayed: false, retryAfter: null };
  return { kind: "answer", ...answer, ...change };
}

function problem(status: number, slug: string): Answer {
  const retryAfter = status === 409 || status === 503 ? "1" : null;
  return { ...created({ status, location: null, retryAfter, text: "{}" }), problem: slug };
}

function expectFound(evidence: Evidence, rule: Rule, detail: string) {
  const found = check(evidence).filter((violation) => violation.rule === rule);
  expect(found).toMatchObject([{ rule, detail: expect.stringContaining(detail) }]);
}
