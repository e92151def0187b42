// A short run of `npm run chaos`. Its figures must show that the trouble it is about did happen.

import { expect, test } from "vitest";
import { STORE } from "../harness/stores/index.ts";
import { chaos } from "./chaos.ts";

/** Any other passes too; this one is repeated, so that two runs can be compared. */
const SEED = 20_261_001;

/** A store beside the runtime takes its part of the machine. */
const KEYS = STORE === undefined ? 200 : 60;

test(
  "nothing happens twice and nothing gets lost while everything goes wrong",
  { timeout: 300_000 },
  async () => {
    const { report } = await chaos({ seed: SEED, durationMs: 22_000, keys: KEYS });

    const { violations, figures, text } = report;
    expect(violations, text).toEqual([]);
    expect(figures.keys).toBe(KEYS);
    for (const [figure, atLeast] of Object.entries({
      kills: 3,
      lost: 1,
      // Few of few keys.
      panics: STORE === undefined ? 1 : 0,
      aborts: KEYS / 40,
      d1Outages: 2,
      // MongoDB's driver waits for a server to come back, for longer than it is away.
      d1Errors: STORE === "mongodb" ? 0 : 1,
      disconnects: 5,
      evictions: 1,
      recoveries: KEYS / 20,
      replays: KEYS / 10,
      effects: KEYS * 0.75,
    }))
      expect(figures[figure as "kills"], `${figure} in\n${text}`).toBeGreaterThanOrEqual(atLeast);
    for (const kind of ["409 operation-in-progress", "400 request-mismatch", "503 operation-failed"])
      expect(figures.answers[kind], `${kind} in\n${text}`).toBeGreaterThan(0);
  },
);
