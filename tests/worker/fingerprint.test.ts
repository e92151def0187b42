// Which requests are the same request: the payload as JSON, not as bytes, with method, path and query.

import { describe, expect, test } from "vitest";
import { newKey, RESOURCES, serve } from "../harness/client.ts";

const api = serve();

describe("a payload is the same", () => {
  test.each([
    ["in another order of members", '{"name":"n","description":"d"}', '{"description":"d","name":"n"}'],
    [
      "with other white space",
      '{"name":"n","metadata":{"a":[1,2]}}',
      '\n{ "name" :\t"n", "metadata":{"a":[ 1,2 ]}}\r\n',
    ],
    ["with other escapes", '{"name":"A/é\u{1F980}"}', '{"n\\u0061me":"\\u0041\\/\\u00e9\\uD83E\\uDD80"}'],
    [
      "in another order of members deep inside",
      meta('[{"a":1,"b":{"c":2,"d":3}}]'),
      meta('[{"b":{"d":3,"c":2},"a":1}]'),
    ],
    ["with 100.50 for 100.5", meta("100.5"), meta("100.50")],
    ["with 1.0 for 1", meta("1"), meta("1.0")],
    ["with 1e2 for 100", meta("100"), meta("1e2")],
    ["with 1E+2 for 100.00", meta("100.00"), meta("1E+2")],
    ["with 0.1e-1 for 0.01", meta("0.01"), meta("0.1e-1")],
    ["with -0 for 0", meta("0"), meta("-0")],
    ["with 9007199254740993.0 for 9007199254740993", meta("9007199254740993"), meta("9007199254740993.0")],
  ])("%s", async (_, first, second) => {
    const key = newKey();

    const made = await api.create(key, { payload: first });
    const retry = await api.create(key, { payload: second });

    expect(made.status).toBe(201);
    expect(retry.status).toBe(201);
    expect(retry.text).toBe(made.text);
    expect(await api.rows(key)).toHaveLength(1);
  });
});

describe("a payload is another", () => {
  test.each([
    ["with another value", '{"name":"a"}', '{"name":"b"}'],
    ["with a letter in another case", '{"name":"a"}', '{"name":"A"}'],
    ["with an accent written in two characters", '{"name":"\u00e9"}', '{"name":"e\u0301"}'],
    ["with a member more", '{"name":"n"}', '{"name":"n","metadata":{}}'],
    ["with null for an absent member", '{"name":"n"}', '{"name":"n","description":null}'],
    ["with an array in another order", meta("[1,2]"), meta("[2,1]")],
    ["with an array in the place of its only item", meta("1"), meta("[1]")],
    ["with arrays cut elsewhere", meta("[[1],[2,3]]"), meta("[[1,2],[3]]")],
    ["with text for a number", meta("1"), meta('"1"')],
    ["with text for a boolean", meta("true"), meta('"true"')],
    ["with null for false", meta("false"), meta("null")],
    ["with an empty object for an empty array", meta("[]"), meta("{}")],
    ["with 9007199254740992 for 9007199254740993", meta("9007199254740993"), meta("9007199254740992")],
    ["with 0.1 for 0.10000000000000001", meta("0.10000000000000001"), meta("0.1")],
    ["with -1 for 1", meta("1"), meta("-1")],
    ["with 10 for 1", meta("1"), meta("10")],
    ["with 0.01 for 100", meta("100"), meta("0.01")],
    ["with 0.1 for 10", meta("10"), meta("0.1")],
    ["with 1e400 for 1e401", meta("1e401"), meta("1e400")],
    ["with a member renamed", meta('{"a":1}'), meta('{"b":1}')],
    ["with two members' values swapped", meta('{"a":1,"b":2}'), meta('{"a":2,"b":1}')],
  ])("%s", async (_, first, second) => {
    const key = newKey();

    const made = await api.create(key, { payload: first });
    const other = await api.create(key, { payload: second });

    expect(made.status).toBe(201);
    expect(other.status).toBe(400);
    expect(other.json.type).toBe("/problems/request-mismatch");
    expect(await api.rows(key)).toHaveLength(1);
  });

  test("with a difference at the end of 200 kilobytes", async () => {
    const key = newKey();
    const long = Array(4).fill("x".repeat(50_000));

    const made = await api.create(key, { payload: { name: "n", metadata: { long: [...long, 1] } } });
    const same = await api.create(key, { payload: { metadata: { long: [...long, 1] }, name: "n" } });
    const other = await api.create(key, { payload: { name: "n", metadata: { long: [...long, 2] } } });

    expect(same.text).toBe(made.text);
    expect(other.json.type).toBe("/problems/request-mismatch");
  });
});

describe("a payload with two members of one name", () => {
  test.each([
    ["at its top", '{"name":"a","name":"b"}'],
    ["deep inside", meta('[{"a":1,"a":1}]')],
    ["spelled with an escape", '{"name":"a","n\\u0061me":"b"}'],
  ])("is refused: %s", async (_, payload) => {
    const key = newKey();

    const answer = await api.create(key, { payload });

    expect(answer.status).toBe(400);
    expect(answer.json.type).toBe("/problems/malformed-json");
    expect((await api.create(key)).status).toBe(201);
  });
});

describe("the query", () => {
  test("is part of the request", async () => {
    const key = newKey();
    const send = (query: string) =>
      api.call(`${RESOURCES}${query}`, {
        method: "POST",
        headers: { "X-Idempotency-Key": key },
        payload: { name: "n" },
      });
    const first = await send("?a=1&b=2");

    const same = await send("?a=1&b=2");
    const others = [await send(""), await send("?a=1&b=3"), await send("?a=1")];

    expect(first.status).toBe(201);
    expect(same.text).toBe(first.text);
    for (const other of others) expect(other.json.type).toBe("/problems/request-mismatch");
    expect(await api.rows(key)).toHaveLength(1);
  });
});

describe("what is not part of the request", () => {
  test.each([
    ["a preference", { Prefer: "wait=5, respond-async" }],
    ["a correlation id", { "X-Correlation-ID": "another" }],
    ["a fault", { "X-Fault": "fail-before" }],
    ["the content type's parameter", { "Content-Type": "application/json; charset=utf-8" }],
    ["the client's name", { "User-Agent": "another" }],
    ["what the client accepts", { Accept: "text/plain", "Accept-Language": "de" }],
  ])("%s", async (_, headers) => {
    const key = newKey();
    const first = await api.create(key);

    const retry = await api.create(key, { headers });

    expect(retry.status).toBe(201);
    expect(retry.text).toBe(first.text);
  });
});

/** A payload with `value` in its metadata. */
function meta(value: string): string {
  return `{"name":"n","metadata":{"m":${value}}}`;
}
