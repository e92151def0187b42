// Bugs that were found, each kept as a test. `crates/core/tests/reproduction.rs` has those of the core.

import { expect, test } from "vitest";
import { AUDIT_LOG, newKey, serve, TRANSACTIONS } from "../harness/client.ts";

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

// Some numbers of 29 digits fit into a decimal, and were taken, against what the refusal of others says.
test.each(["1e28", "1E+28", "10000000000000000000000000000", "79228162514264337593543950335"])(
  "an amount of 29 digits is refused: %s",
  async (amount) => {
    const payload = `{"amount":${amount},"description":"d"}`;

    const answer = await brief.post(TRANSACTIONS, newKey(), { payload });

    expect(answer.status).toBe(422);
    expect(answer.json.errors).toMatchObject([{ pointer: "#/amount" }]);
  },
);

// They were answered as years of five digits or below 0, which RFC 3339 does not have.
test.each(["0000-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01"])(
  "a moment whose year in UTC has not four digits is refused: %s",
  async (timestamp) => {
    const payload = { user_id: "u", action: "login", details: {}, timestamp };

    const answer = await brief.post(AUDIT_LOG, newKey(), { payload });

    expect(answer.status).toBe(422);
    expect(answer.json.errors).toMatchObject([{ pointer: "#/timestamp" }]);
  },
);
