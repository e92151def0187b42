// How the page adds up.

import { describe, expect, test } from "vitest";
import { bound, bytes, rate, short, span } from "../../assets/dashboard/words.ts";
import {
  add,
  byOutcome,
  continues,
  count,
  difference,
  emptyTally,
  forgetExpired,
  largest,
  livingRecords,
  quantile,
  replayRatio,
} from "../../assets/dashboard/sums.ts";
import { histogram, requests } from "./tallies.ts";

describe("parts", () => {
  test("make the whole, whatever is new in them", () => {
    const sums = add(emptyTally(), requests({ executed: 2, replayed: 1 }));

    add(sums, requests({ executed: 1, failed: 1 }, "create_transaction"));
    add(sums, { ...requests({ executed: 3 }), replays: { memory: 4 }, repetitions: [1, 0, 0, 0, 0, 0, 2] });

    expect(byOutcome(sums)).toMatchObject({ executed: 6, replayed: 1, failed: 1, mismatch: 0 });
    expect(count(sums.requests.create_resource!.executed!)).toBe(5);
    expect(sums.replays).toEqual({ memory: 4 });
    expect(sums.repetitions).toEqual([1, 0, 0, 0, 0, 0, 2]);
  });

  test("are not changed by being added", () => {
    const part = requests({ executed: 1 });
    const sums = add(emptyTally(), part);

    add(sums, part);

    expect(byOutcome(part).executed).toBe(1);
    expect(byOutcome(sums).executed).toBe(2);
  });

  test("come from callers of any name", () => {
    const part = { ...emptyTally(), mismatches: JSON.parse('{"constructor": 2, "__proto__": 3, "ann": 1}') };

    const sums = add(add(emptyTally(), part), part);

    expect(largest(sums.mismatches, 2)).toEqual([
      ["__proto__", 6],
      ["constructor", 4],
    ]);
  });

  test("are what is between two wholes", () => {
    const earlier = requests({ executed: 2 });
    const later = add(add(emptyTally(), earlier), requests({ executed: 3, mismatch: 1 }));

    const between = difference(later, earlier);

    expect(byOutcome(between)).toMatchObject({ executed: 3, mismatch: 1 });
    expect(byOutcome(later).executed).toBe(5);
  });

  test("belong to the same whole as long as nothing gets less", () => {
    const earlier = requests({ executed: 2, replayed: 1 });

    expect(continues(requests({ executed: 2, replayed: 1 }), earlier)).toBe(true);
    expect(continues(requests({ executed: 9, replayed: 1, failed: 1 }), earlier)).toBe(true);
    expect(continues(requests({ executed: 9 }), earlier)).toBe(false);
    expect(continues(emptyTally(), earlier)).toBe(false);
  });
});

describe("a quantile", () => {
  test("is the bound that so many durations do not exceed", () => {
    const upTo100 = histogram(...Array.from({ length: 100 }, (_, ms) => ms + 1));

    expect(quantile(upTo100, 0)).toBe(1);
    expect(quantile(upTo100, 0.5)).toBe(50);
    expect(quantile(upTo100, 0.99)).toBe(100);
  });

  test("is infinite beyond the last bound, and nothing of nothing", () => {
    expect(quantile(histogram(1, 20_000), 1)).toBe(Infinity);
    expect(quantile(histogram(1, 20_000), 0.5)).toBe(1);
    expect(quantile(histogram(), 0.99)).toBeUndefined();
  });
});

describe("the replay ratio", () => {
  test("leaves out what got no first answer", () => {
    expect(replayRatio(byOutcome(requests({ executed: 3, replayed: 1, failed: 9 })))).toBe(0.25);
    expect(replayRatio(byOutcome(requests({ failed: 9 })))).toBeUndefined();
  });
});

describe("records", () => {
  const one = { processing: 0, completed: 1, failed: 0, bytes: 500 };

  test("count as long as they live, and never less than none", () => {
    const later = { processing: -1, completed: 2, failed: 0, ambiguous: 1, bytes: 700 };
    const tally = { ...emptyTally(), records: { "1000": one, "2000": later } };

    expect(livingRecords(tally, 1000)).toEqual({
      processing: 0,
      completed: 3,
      failed: 0,
      ambiguous: 1,
      bytes: 1200,
    });
    expect(livingRecords(tally, 1001)).toEqual({
      processing: 0,
      completed: 2,
      failed: 0,
      ambiguous: 1,
      bytes: 700,
    });
  });

  test("are forgotten when they have expired", () => {
    const tally = { ...emptyTally(), records: { "1000": one, "2000": one } };

    forgetExpired(tally, 1500);

    expect(Object.keys(tally.records)).toEqual(["2000"]);
  });
});

describe("words", () => {
  test.each([
    [rate(0), "0.0"],
    [rate(12.34), "12.3"],
    [rate(1234.5), "1,235"],
    [bytes(0), "0 bytes"],
    [bytes(999), "999 bytes"],
    [bytes(408_700), "408.7 kB"],
    [bytes(2_500_000), "2.5 MB"],
    [bound(2500), "≤ 2.5 s"],
    [bound(15_000), "≤ 15 s"],
    [bound(Infinity), "> 15 s"],
    [bound(undefined), "–"],
    [span(0), "0 s"],
    [span(61_000), "1 min 1 s"],
    [span(3_600_000), "1 h"],
    [span(90_061_000), "1 d 1 h"],
    [short("5c1e7d1a-3f0b-4b7e-9a51-8c2d4e6f7a90"), "5c1e7d1a…"],
    [short("shop"), "shop"],
  ])("are short: %s", (said, wanted) => {
    expect(said).toBe(wanted);
  });
});
