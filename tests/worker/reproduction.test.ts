// Bugs that were found, each kept as a test. `tests/reproduction.rs` has those of the core.

import { expect, test } from "vitest";
import { newKey, serve } from "./client.ts";

const brief = serve({ IDEMPOTENCY_TTL_SECONDS: "1" });

// The attempt went on beyond its record's expiry, and so did its effect; the retry had another one.
test("an attempt that is under way when its key expires is given up before its effect", async () => {
  const key = newKey();

  const given = await brief.create(key, { fault: "delay=3000" });
  const retry = await brief.create(key);

  expect(given.json.type).toBe("/problems/operation-failed");
  expect(given.json.detail).toContain("as long as the key lives");
  expect(retry.status).toBe(201);
  expect(await brief.rows(key)).toHaveLength(1);
});
