// A short run of `npm run chaos -- --gateway`. Its figures must show that the trouble it is about did happen.

import { expect, test } from "vitest";
import { gatewayChaos } from "./gateway/chaos.ts";
import { NAMES } from "./gateway/plan.ts";

/** Any other passes too; this one is repeated, so that two runs can be compared. */
const SEED = 20_261_126;

test(
  "an API that breaks in every way is asked once for each key, while the gateway breaks too",
  { timeout: 240_000 },
  async () => {
    const { report } = await gatewayChaos({ seed: SEED, durationMs: 3000, keys: 6 * NAMES.length });

    const { violations, figures, text } = report;
    expect(violations, text).toEqual([]);
    for (const name of NAMES) expect(figures.behaviors[name], `${name} in\n${text}`).toBeGreaterThan(0);
    for (const [figure, atLeast] of Object.entries({
      kills: 1,
      disconnects: 1,
      replays: 10,
      ambiguous: 5,
      sentAgain: 1,
      resent: 1,
      rulings: 1,
    }))
      expect(figures[figure as "kills"], `${figure} in\n${text}`).toBeGreaterThanOrEqual(atLeast);
    for (const kind of [
      "409 operation-in-progress",
      "409 outcome-unknown",
      "422 request-mismatch",
      "503 operation-failed",
    ])
      expect(figures.answers[kind], `${kind} in\n${text}`).toBeGreaterThan(0);
  },
);
