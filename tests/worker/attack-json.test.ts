// Attacks with content: JSON bombs, members that are there twice, numbers that are not what they seem.

import { describe, expect, test } from "vitest";
import { type Answer, AUDIT_LOG, AUDIT_LOGS, newKey, serve, TRANSACTIONS } from "../harness/client.ts";

const api = serve();

const nested = (before: string, after: string, levels: number, inside = "1") =>
  before.repeat(levels) + inside + after.repeat(levels);
const inMetadata = (value: string) => `{"name":"n","metadata":{"m":${value}}}`;
const list = (item: string, count: number) => `[${Array(count).fill(item).join(",")}]`;

describe("a JSON bomb", () => {
  test.each<[string, string]>([
    ["of objects in objects", inMetadata(nested('{"a":', "}", 20_000))],
    ["of arrays in arrays", inMetadata(nested("[", "]", 60_000))],
    [
      "of arrays and objects in turn, in a member that no operation reads",
      `{"name":"n","x":${nested('[{"a":', "}]", 65)}}`,
    ],
    ["that never closes", `{"name":"n","metadata":${'{"a":['.repeat(30_000)}`],
    ["of 65 levels", inMetadata(nested("[", "]", 63))],
  ])("%s is refused, and leaves its key free", async (_, payload) => {
    const key = newKey();

    const answer = await api.create(key, { payload });

    expect(answer.status).toBe(400);
    expect(answer.json.type).toBe("/problems/malformed-json");
    await expectFree(key);
  });

  test.each<[string, string]>([
    ["of 80,000 empty arrays", inMetadata(list("[]", 80_000))],
    ["of 120,000 numbers", inMetadata(list("0", 120_000))],
    ["of 15,000 members", `{"name":"n","metadata":{${members(15_000)}}}`],
    ["of one number with 250,000 digits", inMetadata("9".repeat(250_000))],
    ["of one number with 250,000 zeros behind its point", inMetadata(`0.${"0".repeat(250_000)}1`)],
    ["of one number with an exponent of 250,000 digits", inMetadata(`1e${"9".repeat(250_000)}`)],
    ["of 40,000 escapes", inMetadata(`"${"\\u0041".repeat(40_000)}"`)],
    ["of one member's name with 250,000 letters", `{"name":"n","metadata":{"${"a".repeat(250_000)}":1}}`],
    ["of white space", `${" ".repeat(250_000)}{"name":"n"}`],
  ])("%s is taken whole or refused, and harms nobody", async (_, payload) => {
    const key = newKey();

    const answer = await api.create(key, { payload });

    expect([201, 400]).toContain(answer.status);
    if (answer.status === 201) expect(await api.rows(key)).toHaveLength(1);
    else await expectFree(key);
    expect((await api.create(newKey())).status).toBe(201);
  });

  test("does not work by numbers: twenty at once are all answered", async () => {
    const payload = inMetadata(nested("[", "]", 60, list("{}", 40_000)));

    const answers = await Promise.all(Array.from({ length: 20 }, () => api.create(newKey(), { payload })));

    const kinds = new Set(answers.map(({ status }) => status));
    expect(kinds.size).toBe(1);
    expect([201, 400]).toContain([...kinds][0]);
  });
});

describe("a member that is there twice is refused", () => {
  test.each<[string, string]>([
    ["once by the name of an object's prototype", '{"name":"n","metadata":{"__proto__":1,"__proto__":2}}'],
    ["once escaped in upper, once in lower case", '{"name":"n","metadata":{"\\u00E9":1,"\\u00e9":2}}'],
    [
      "once as itself, once as a surrogate pair",
      '{"name":"n","metadata":{"\u{1f980}":1,"\\ud83e\\udd80":2}}',
    ],
    ["far apart", `{"name":"n","metadata":{"a":1,${members(1000)},"a":2}}`],
    ["with an empty name", '{"name":"n","metadata":{"":1,"":2}}'],
    ["in a member that no operation reads", '{"name":"n","other":[{"a":1,"a":1}]}'],
    ["with the same value", '{"name":"n","name":"n"}'],
  ])("%s", async (_, payload) => {
    const key = newKey();

    const answer = await api.create(key, { payload });

    expect(answer.json.type).toBe("/problems/malformed-json");
    await expectFree(key);
  });

  test("but two names that only look the same are two", async () => {
    const metadata = '{"\u00e9":1,"e\u0301":2,"\u0430":3,"a":4,"A":5,"a ":6,"a\\u0000":7}';

    const answer = await api.create(newKey(), { payload: `{"name":"n","metadata":${metadata}}` });

    expect(answer.status).toBe(201);
    expect(answer.text).toContain(metadata);
  });
});

describe("an amount is not", () => {
  test.each([
    // Rounded to 28 digits, each of these would be an amount.
    "99.99000000000000000000000000000001e0",
    "0.0999999999999999999999999999999999e1",
    "1.00000000000000000000000000000000001E+0",
    "10000000000000000000000000000000000000.1e-36",
    "1e999999999",
    "1e-999999999",
    "1e4294967297",
    "1e18446744073709551617",
    "0e4294967296",
    "8e28",
    "1e29",
    "79228162514264337593543950336",
  ])("%s", async (amount) => {
    const key = newKey();

    const answer = await api.post(TRANSACTIONS, key, { payload: `{"amount":${amount},"description":"d"}` });

    expect([400, 422]).toContain(answer.status);
    expect(await api.rows(key, "transactions")).toHaveLength(0);
  });

  test.each([
    "0x10",
    "1_000",
    "1,5",
    "+1",
    ".5",
    "1.",
    "01",
    "Infinity",
    "NaN",
    "1e",
    "\uff11",
    "--1",
    "1 2",
  ])("%s, which is no JSON", async (amount) => {
    const payload = `{"amount":${amount},"description":"d"}`;

    const answer = await api.post(TRANSACTIONS, newKey(), { payload });

    expect(answer.json.type).toBe("/problems/malformed-json");
  });
});

describe("a timestamp", () => {
  test.each(["0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999999Z"])(
    "of %s, at an end of what can be read, comes back as it was sent",
    async (timestamp) => {
      const answer = await enter(timestamp);

      expect(answer.status).toBe(201);
      expect(answer.json.timestamp).toBe(timestamp);
    },
  );

  test.each([
    ["2016-12-31T23:59:60Z", "second 60"],
    ["0000-12-31T23:59:59Z", "year"],
    ["2026-01-31T12:00:00.0000000001Z", "9 digits"],
  ])(
    "of %s, which RFC 3339 has and others cannot read, is refused with the reason",
    async (timestamp, reason) => {
      const answer = await enter(timestamp);

      expect(answer.status).toBe(422);
      expect(answer.json.errors).toEqual([
        { pointer: "#/timestamp", detail: expect.stringContaining(reason) },
      ]);
    },
  );

  test.each([
    "0001-01-01T00:00:00+00:01",
    "0000-01-01T00:00:00+00:01",
    "9999-12-31T23:59:59-00:01",
    "2026-02-30T00:00:00Z",
    "2026-01-01T24:00:00Z",
  ])("of %s, which UTC does not have, is refused", async (timestamp) => {
    const answer = await enter(timestamp);

    expect(answer.status).toBe(422);
    expect(answer.json.errors).toMatchObject([{ pointer: "#/timestamp" }]);
  });

  const enter = (timestamp: string) =>
    api.post(AUDIT_LOG, newKey(), { payload: { user_id: "u", action: "login", details: {}, timestamp } });
});

describe("a number in the query is not", () => {
  test.each([
    "1e2",
    "0x10",
    "%EF%BC%91",
    "1%00",
    "+1",
    "1+",
    "4294967296",
    "18446744073709551617",
    "-0",
    "1,2",
  ])("%s", async (text) => {
    const answers = [
      await api.call(`${AUDIT_LOGS}?limit=${text}`),
      await api.call(`${AUDIT_LOGS}?offset=${text}`),
    ];

    expect(answers.map(({ status }) => status)).toEqual([422, 422]);
  });
});

function members(count: number): string {
  return Array.from({ length: count }, (_, at) => `"m${at}":${at}`).join(",");
}

async function expectFree(key: string) {
  const unused = await api.status(key);
  const first: Answer = await api.create(key);
  expect(unused.status).toBe(404);
  expect(first.status).toBe(201);
  expect(first.headers.has("Idempotent-Replayed")).toBe(false);
}
