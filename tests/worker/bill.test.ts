// The counting of what the platform bills finds a request that costs more than is promised. What is promised, and that
// it is kept, is looked at by `npm run bill`.

import { expect, test } from "vitest";
import { overruns } from "../../bench/bill/bill.ts";
import { withCounted } from "../../bench/bill/counted.ts";
import { countPassing } from "../../bench/bill/gateway.ts";
import { FIRST } from "../../bench/bill/promises.ts";
import { newKey } from "../harness/client.ts";

test("a first request that takes two attempts is found dearer than one that takes one", async () => {
  await withCounted({ TELEMETRY_OBJECTS: "0" }, async (api) => {
    const key = newKey();

    const counts = await api.count(async () => {
      await api.create(key, { fault: "fail-after" });
      await api.create(key);
    });

    expect(overruns([{ name: "both", counts, promised: FIRST }])).toEqual([
      "both: 2 Worker requests, promised are 1 at most",
      "both: 2 object requests, promised are 1 at most",
      "both: 5 rows written, promised are 3 at most",
      "both: 3 D1 rows read, promised are 1 at most",
      "both: 5 D1 rows written, promised are 3 at most",
      "both: 6 log lines, promised are 3 at most",
    ]);
  });
});

test("a request that passes through the gateway costs no object, no KV and no D1", async () => {
  const lines = await countPassing();

  expect(lines.length).toBeGreaterThan(0);
  expect(lines.map(({ counts }) => counts)).toEqual(lines.map(() => ({ workerRequests: 1 })));
});
