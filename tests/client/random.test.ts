// A short form of `npm run client:random`. Its figures must show that what it is about did happen.

import { expect, test } from "vitest";
import { runIntents } from "./random/intents.ts";

/** Any other passes too; this one is repeated, so that two runs can be compared. */
const SEED = 20_261_126;

test("nothing happens twice, and every intent ends, while everything goes wrong", async () => {
  const { violations, figures } = await runIntents({ seed: SEED, intents: 60 });

  expect(violations).toEqual([]);
  expect(figures.definitive + figures.unknown).toBe(60);
  expect(figures.definitive).toBeGreaterThan(30);
  for (const figure of ["deaths", "aborts", "changed", "replays", "reported", "expired", "kills"] as const)
    expect(figures[figure], `${figure} in ${JSON.stringify(figures)}`).toBeGreaterThan(0);
  for (const fault of ["cut-before", "cut-after", "torn", "lost", "late", "twice", "again", "service"])
    expect(figures.faults[fault], fault).toBeGreaterThan(0);
});
