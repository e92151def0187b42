// Transactions: amounts that are exact to the digit, in and out.

import { describe, expect, test } from "vitest";
import { newKey, serve, TRANSACTIONS } from "../harness/client.ts";

const api = serve();

describe("a created transaction", () => {
  test("is answered with all it has, and with where it is", async () => {
    const key = newKey();
    const payload = { amount: 99.95, currency: "EUR", description: "Coffee machine" };

    const answer = await api.post(TRANSACTIONS, key, { payload });

    expect(answer.status).toBe(201);
    expect(answer.headers.get("Location")).toBe(`${TRANSACTIONS}/${answer.json.id}`);
    expect(answer.json).toEqual({
      ...payload,
      id: expect.stringMatching(/^txn_[0-9a-f]{16}$/),
      status: "completed",
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/),
      idempotency_key: key,
    });
  });

  test("is in US dollars if nothing else is said", async () => {
    const answer = await api.post(TRANSACTIONS, newKey(), { payload: { amount: 1, description: "d" } });

    expect(answer.json.currency).toBe("USD");
  });

  test("is read as it was answered", async () => {
    const made = await api.post(TRANSACTIONS, newKey());

    const read = await api.call(made.headers.get("Location")!);

    expect(read.status).toBe(200);
    expect(read.text).toBe(made.text);
  });

  test("is not found if there is none, or if it is another caller's", async () => {
    const made = await api.post(TRANSACTIONS, newKey(), { as: "owner" });

    const unknown = await api.call(`${TRANSACTIONS}/txn_0123456789abcdef`);
    const foreign = await api.call(made.headers.get("Location")!, { as: "somebody" });

    expect(unknown.status).toBe(404);
    expect(foreign.status).toBe(404);
    expect(foreign.json).toEqual({ ...unknown.json, correlation_id: foreign.json.correlation_id });
  });
});

describe("an amount", () => {
  test.each(["0.10", "0.01", "99999999999999.99", "100.50", "4503599627370497.53", "7"])(
    "of %s is exact in the answer, in the replay, in D1 and when it is read",
    async (amount) => {
      const key = newKey();
      const payload = `{"amount":${amount},"description":"d"}`;

      const made = await api.post(TRANSACTIONS, key, { payload });
      const replay = await api.post(TRANSACTIONS, key, { payload });
      const read = await api.call(made.headers.get("Location")!);

      for (const answer of [made, replay, read]) {
        expect(answer.text).toContain(`"amount":${amount},`);
      }
      expect(await api.rows(key, "transactions")).toMatchObject([{ amount }]);
    },
  );

  test("in another notation is the same amount", async () => {
    const key = newKey();

    const made = await api.post(TRANSACTIONS, key, { payload: '{"amount":1.5e3,"description":"d"}' });
    const again = await api.post(TRANSACTIONS, key, { payload: '{"amount":1500.00,"description":"d"}' });

    expect(made.json.amount).toBe(1500);
    expect(again.text).toBe(made.text);
  });

  test.each(["99.95", "99999999999999.99", "0.10", "1.5e3"])(
    "may be the string of %s, and is answered as the number",
    async (amount) => {
      const key = newKey();
      const payload = (amount: string) => `{"amount":${amount},"description":"d"}`;

      const made = await api.post(TRANSACTIONS, key, { payload: payload(`"${amount}"`) });
      const replay = await api.post(TRANSACTIONS, key, { payload: payload(`"${amount}"`) });
      const number = await api.post(TRANSACTIONS, key, { payload: payload(amount) });
      const same = await api.post(TRANSACTIONS, newKey(), { payload: payload(amount) });

      expect(made.status).toBe(201);
      expect(replay.text).toBe(made.text);
      expect(/"amount":([^,]+),/.exec(made.text)![1]).toBe(/"amount":([^,]+),/.exec(same.text)![1]);
      expect(made.text).not.toContain('"amount":"');
      expect([number.status, number.json.type]).toEqual([400, "/problems/request-mismatch"]);
    },
  );

  test.each([
    ["XAU", "1.23456789"],
    ["XDR", "0.000001"],
    ["XXX", "0.5"],
    ["XTS", "99999.99999"],
    ["SLE", "1.25"],
    ["XCG", "1.25"],
    ["ZWG", "1.25"],
    ["VED", "1.25"],
    ["XAD", "1.25"],
    ["USD", "0.01"],
    ["JPY", "1"],
    ["BHD", "1.234"],
    ["CLF", "1.2345"],
  ])("in %s may be as fine as %s", async (currency, amount) => {
    const payload = `{"amount":${amount},"currency":"${currency}","description":"d"}`;

    const answer = await api.post(TRANSACTIONS, newKey(), { payload });

    expect(answer.status).toBe(201);
    expect(answer.text).toContain(`"amount":${amount},"currency":"${currency}"`);
  });

  test.each([
    ["USD", "0.001"],
    ["USD", "0.015"],
    ["JPY", "0.5"],
    ["BHD", "1.2345"],
  ])("in %s may not be as fine as %s", async (currency, amount) => {
    const payload = `{"amount":${amount},"currency":"${currency}","description":"d"}`;

    const answer = await api.post(TRANSACTIONS, newKey(), { payload });

    expect(answer.status).toBe(422);
    expect(answer.json.errors).toMatchObject([{ pointer: "#/amount" }]);
  });

  test.each([
    "0",
    "0.00",
    "-0",
    "-1",
    "-0.01",
    '"-5"',
    '"0.0"',
    '" 5"',
    '"5,0"',
    '""',
    "null",
    "true",
    "[]",
    "1e400",
    "1e-400",
    "9".repeat(40),
  ])("is not %s", async (amount) => {
    const key = newKey();

    const answer = await api.post(TRANSACTIONS, key, { payload: `{"amount":${amount},"description":"d"}` });

    expect(answer.status).toBe(422);
    expect(answer.json.errors).toMatchObject([{ pointer: "#/amount" }]);
    expect(await api.rows(key, "transactions")).toHaveLength(0);
  });
});

describe("a rule of transactions", () => {
  test.each([
    ["no amount", { description: "d" }, "#/amount"],
    ["no description", { amount: 1 }, "#/description"],
    ["an empty description", { amount: 1, description: "" }, "#/description"],
    ["a currency in small letters", { amount: 1, currency: "usd", description: "d" }, "#/currency"],
    ["a currency of two letters", { amount: 1, currency: "US", description: "d" }, "#/currency"],
    ["a currency of four letters", { amount: 1, currency: "USDT", description: "d" }, "#/currency"],
    ["a currency that was withdrawn", { amount: 1, currency: "BGN", description: "d" }, "#/currency"],
    [
      "a currency that ISO 4217 does not have",
      { amount: 1, currency: "QQQ", description: "d" },
      "#/currency",
    ],
    ["a currency that is null", { amount: 1, currency: null, description: "d" }, "#/currency"],
    ["an array in the place of an object", [1, "USD", "d"], "#"],
  ])("refuses %s and says where", async (_, payload, pointer) => {
    const answer = await api.post(TRANSACTIONS, newKey(), { payload });

    expect(answer.status).toBe(422);
    expect(answer.json.errors).toMatchObject([{ pointer }]);
  });

  test.each([
    ["{}", ["#/amount", "#/description"]],
    ['{"amount":0,"currency":"usd","description":""}', ["#/amount", "#/currency", "#/description"]],
    ['{"amount":"x","currency":7}', ["#/amount", "#/currency", "#/description"]],
    ['{"amount":0.001,"currency":null}', ["#/currency", "#/description"]],
    ['{"amount":0.001,"currency":"JPY"}', ["#/description", "#/amount"]],
  ])("is told together with the others: %s", async (payload, pointers) => {
    const answer = await api.post(TRANSACTIONS, newKey(), { payload });

    expect(answer.status).toBe(422);
    expect(answer.json.errors.map(({ pointer }: { pointer: string }) => pointer).sort()).toEqual(
      pointers.sort(),
    );
  });
});
