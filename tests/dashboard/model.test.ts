// What the page makes of what it is told.

import { describe, expect, test } from "vitest";
import { retryDelayMs } from "../../assets/dashboard/connection.ts";
import { passes, type Filter } from "../../assets/dashboard/filter.ts";
import { Model } from "../../assets/dashboard/model.ts";
import type { Alert, HeldKey, Message, Seen, Tally } from "../../assets/dashboard/protocol.ts";
import { Recent } from "../../assets/dashboard/recent.ts";
import { byOutcome, emptyTally, sum } from "../../assets/dashboard/sums.ts";
import { histogram, requests } from "./tallies.ts";

/** Some moment, in milliseconds since 1970; the beginning of a second and of ten. */
const T = 1_795_577_490_000;

describe("what comes bit by bit", () => {
  test("is added to what there was", () => {
    const model = new Model();
    model.take(snapshot(T, requests({ executed: 5 })));

    model.take(batch(T + 1000, requests({ executed: 2, replayed: 1 })));
    model.take(batch(T + 2000, requests({ executed: 1 })));

    expect(byOutcome(model.tally)).toMatchObject({ executed: 8, replayed: 1 });
    expect(byOutcome(model.recent.sums(T))).toMatchObject({ executed: 3, replayed: 1 });
  });

  test("is recent for five minutes", () => {
    const model = new Model();
    model.take(snapshot(T, emptyTally()));
    model.take(batch(T + 1000, requests({ executed: 2 })));

    model.take(batch(T + 1000 + 5 * 60_000, requests({ replayed: 1 })));

    expect(byOutcome(model.recent.sums(0))).toMatchObject({ executed: 0, replayed: 1 });
    expect(byOutcome(model.tally)).toMatchObject({ executed: 2, replayed: 1 });
  });

  test("keeps the last 200 events, and says how many were not told", () => {
    const model = new Model();
    model.take(snapshot(T, emptyTally(), events(150)));

    model.take(batch(T + 1000, emptyTally(), events(100), 44));

    expect(model.lines).toHaveLength(200);
    expect(model.lines.at(-1)).toEqual({ at: T + 1000, leftOut: 44 });
    expect(model.leftOut(T + 30_000)).toBe(44);
    expect(model.leftOut(T + 62_000)).toBe(0);
  });
});

describe("ambiguous keys", () => {
  const held = (expires_at: number): HeldKey => ({
    operation_id: "a",
    idempotency_key: "b",
    scope: "c",
    caller: "shop",
    operation: "POST /payments",
    upstream: "payments",
    since: T,
    expires_at,
  });

  test("are those that were told last, until they expire", () => {
    const model = new Model();
    model.take({ ...snapshot(T, emptyTally()), held: [held(T + 60_000)] } as Message);

    model.take(batch(T + 1000, emptyTally()));

    expect(model.held(T + 59_999).keys).toEqual([held(T + 60_000)]);
    expect(model.held(T + 60_000).keys).toEqual([]);
    model.take({ ...batch(T + 2000, emptyTally()), held: [] } as Message);
    expect(model.held(T + 2000)).toEqual({ keys: [], more: 0 });
  });

  test("are more than are listed, if more are counted", () => {
    const model = new Model();
    const count = {
      processing: 0,
      completed: 0,
      failed: 0,
      ambiguous: 7,
      bytes: 0,
      held: { "api\nPOST /": 7 },
    };
    const tally = { ...emptyTally(), records: { [T + 60_000]: count } };

    model.take({ ...snapshot(T, tally), held: [held(T + 60_000)] } as Message);

    expect(model.held(T).more).toBe(6);
    expect(model.held(T + 60_001).more).toBe(0);
  });
});

describe("a snapshot after the connection was lost", () => {
  test("replaces what there was, and what was missed is recent", () => {
    const model = new Model();
    model.take(snapshot(T, requests({ executed: 5 }), events(3)));
    model.take(batch(T + 1000, requests({ executed: 1 })));
    model.lose(T + 2000);
    model.lose(T + 7000);

    model.take(snapshot(T + 11_000, requests({ executed: 16 }), events(4)));

    expect(byOutcome(model.tally).executed).toBe(16);
    expect(model.lines).toHaveLength(4);
    expect(byOutcome(model.recent.sums(T)).executed).toBe(11);
    const { times, rates } = model.recent.rates(T + 11_000, 11);
    expect(times[0]).toBe(T);
    expect(rates.executed.map((rate) => +rate.toFixed(6))).toEqual([1, ...Array(10).fill(1)]);
  });

  test("begins anew if it is not the same counting any more", () => {
    const model = new Model();
    model.take(snapshot(T, requests({ executed: 5 })));
    model.take(batch(T + 1000, requests({ executed: 1 })));

    model.take(snapshot(T + 5000, requests({ executed: 2 })));

    expect(byOutcome(model.tally).executed).toBe(2);
    expect(byOutcome(model.recent.sums(0)).executed).toBe(0);
    expect(model.openedAt).toBe(T + 5000);
  });
});

describe("an alert", () => {
  test("is there until it is cleared, and remembered then", () => {
    const model = new Model();
    const [slow, busy] = [alert("p99_ms", T), alert("failure_share", T + 1000)];
    model.take({ ...snapshot(T, emptyTally()), alerts: [slow] } as Message);
    model.take({ type: "alerts", now: T + 1000, alerts: [{ ...slow }, busy] });

    model.take({ type: "alerts", now: T + 9000, alerts: [{ ...busy }] });

    expect(model.alerts).toEqual([busy]);
    expect(model.cleared).toEqual([{ ...slow, clearedAt: T + 9000 }]);
  });
});

describe("rates", () => {
  test("spread a batch over the second in which it was gathered", () => {
    const recent = new Recent();
    recent.add({ from: T + 700, to: T + 1700, tally: requests({ executed: 10 }) });

    const { rates } = recent.rates(T + 3000, 3);

    expect(rates.executed).toEqual([3, 7, 0]);
    expect(recent.rate(T + 3000, 3)).toBeCloseTo(10 / 3);
  });

  test("lose nothing, however parts lie", () => {
    const recent = new Recent();
    const parts = [1, 2, 3, 5, 8, 13, 21].map((count, at) => ({ count, at: T + at * 1234 }));
    for (const { count, at } of parts) {
      recent.add({ from: at - 1000, to: at, tally: requests({ executed: count, mismatch: 1 }) });
    }

    const { rates } = recent.rates(T + 9000, 60);

    expect(sum(rates.executed)).toBeCloseTo(53);
    expect(sum(rates.mismatch)).toBeCloseTo(7);
  });
});

describe("quantiles over time", () => {
  test("are of the attempts of each slice, by operation", () => {
    const recent = new Recent();
    const add = (at: number, operation: string, ...durationsMs: number[]) =>
      recent.add({
        from: at - 1000,
        to: at,
        tally: { ...emptyTally(), operations: { [operation]: histogram(...durationsMs) } },
      });
    add(T + 1000, "create_resource", 3, 40);
    add(T + 9000, "create_resource", 300);
    add(T + 12_000, "create_transaction", 7);

    const { times, quantiles } = recent.quantiles(T + 15_000, 3, 10_000, 0.99);

    expect(times).toEqual([T - 10_000, T, T + 10_000]);
    expect(quantiles).toEqual({
      create_resource: [undefined, 500, undefined],
      create_transaction: [undefined, undefined, 10],
    });
  });
});

describe("a filter", () => {
  const nothing: Filter = { text: "", kind: "", operation: "", outcome: "" };
  const seen: Seen = {
    at: T,
    level: "warning",
    message: "Idempotency key already used with different request",
    operation: "create_resource",
    outcome: "mismatch",
    idempotency_key: "5c1e7d1a-3f0b-4b7e-9a51-8c2d4e6f7a90",
    caller: "shop",
    correlation_id: "Order-7",
  };

  test.each([
    { ...nothing },
    { ...nothing, text: "5C1E7D1A" },
    { ...nothing, text: " shop " },
    { ...nothing, text: "order-7" },
    { ...nothing, kind: "answers" },
    { ...nothing, kind: "warnings", operation: "create_resource", outcome: "mismatch" },
  ] as Filter[])("lets pass what it describes: %j", (filter) => {
    expect(passes({ seen }, filter)).toBe(true);
  });

  test.each([
    { ...nothing, text: "5c1e7d1b" },
    { ...nothing, operation: "create_transaction" },
    { ...nothing, outcome: "failed" },
    { ...nothing, text: "shop", outcome: "executed" },
  ] as Filter[])("keeps out what it does not: %j", (filter) => {
    expect(passes({ seen }, filter)).toBe(false);
  });

  test("keeps out what is no answer, or no warning, where those are asked for", () => {
    const starting: Seen = { at: T, level: "info", message: "Starting idempotent operation" };

    expect(passes({ seen: starting }, { ...nothing, kind: "answers" })).toBe(false);
    expect(passes({ seen: starting }, { ...nothing, kind: "warnings" })).toBe(false);
  });

  test("never hides that events were left out", () => {
    expect(passes({ at: T, leftOut: 9 }, { ...nothing, text: "nothing has this" })).toBe(true);
  });
});

describe("a lost connection", () => {
  test("is tried again after 1 s, then later and later, after 15 s at most, and not by all pages at once", () => {
    const longest = Array.from({ length: 8 }, (_, attempt) => retryDelayMs(attempt, 1));
    const shortest = Array.from({ length: 8 }, (_, attempt) => retryDelayMs(attempt, 0));

    expect(longest).toEqual([1000, 2000, 4000, 8000, 15_000, 15_000, 15_000, 15_000]);
    expect(shortest[0]).toBe(1000);
    shortest.slice(1).forEach((delayMs, at) => {
      expect(delayMs).toBeLessThan(longest[at + 1]!);
      expect(delayMs).toBeGreaterThanOrEqual(1000);
    });
  });
});

function snapshot(now: number, tally: Tally, events: Seen[] = []): Message {
  return { type: "snapshot", now, tally, events, alerts: [] };
}

function batch(now: number, tally: Tally, events: Seen[] = [], left_out = 0): Message {
  return { type: "batch", now, batch: { tally, events, left_out }, alerts: [] };
}

function events(count: number): Seen[] {
  return Array.from({ length: count }, () => ({ at: T, level: "info", message: "Returning first result" }));
}

function alert(rule: string, since: number): Alert {
  return { rule, since, value: 2, threshold: 1, why: "Because." };
}
