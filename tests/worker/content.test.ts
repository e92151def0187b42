// The content of a keyed request: its type, its size, and what is no JSON.

import { describe, expect, test } from "vitest";
import { type Call, newKey, RESOURCES, serve } from "./client.ts";

const api = serve();
const LIMIT = 256 * 1024;

describe("a content type", () => {
  test.each(["application/json", "Application/JSON; charset=UTF-8", 'application/json;charset="utf-8"'])(
    "is JSON if it is %s",
    async (value) => {
      expect((await api.create(newKey(), type(value))).status).toBe(201);
    },
  );

  test.each(["text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin1", "json"])(
    "is not JSON if it is %s",
    async (value) => {
      expect((await api.create(newKey(), type(value))).status).toBe(415);
    },
  );
});

describe("a content's size", () => {
  test("may be 256 KiB", async () => {
    expect((await api.create(newKey(), { payload: sized(LIMIT) })).status).toBe(201);
  });

  test("may not be more, also if it is not told in advance", async () => {
    const key = newKey();
    const headers = { "Content-Type": "application/json", "X-Idempotency-Key": key };
    const body = new Blob([sized(LIMIT + 1)]).stream();

    const init = { method: "POST", headers, body, duplex: "half" } as RequestInit;
    const answer = await fetch(new URL(RESOURCES, api.server.address), init);

    expect(answer.status).toBe(413);
    expect(await answer.json()).toMatchObject({ type: "/problems/payload-too-large" });
    expect(await api.rows(key)).toHaveLength(0);
  });
});

describe("malformed JSON", () => {
  test.each([
    ["nothing", ""],
    ["an object that does not end", '{"name":"n"'],
    ["a comma too many", '{"name":"n",}'],
    ["something behind the document", '{"name":"n"}{}'],
    ["a name without quotes", "{name:1}"],
    ["single quotes", "{'name':'n'}"],
    ["a number that begins with zero", '{"name":"n","metadata":{"a":01}}'],
    ["NaN", '{"name":"n","metadata":{"a":NaN}}'],
    ["a line end in a string", '{"name":"a\nb"}'],
    ["half of a surrogate pair", '{"name":"\\ud83e"}'],
    ["a byte order mark", '\u{feff}{"name":"n"}'],
    ["a hundred thousand brackets", "[".repeat(100_000)],
  ])("is refused, and says what is wrong: %s", async (_, payload) => {
    const answer = await api.create(newKey(), { payload });

    expect(answer.status).toBe(400);
    expect(answer.json.type).toBe("/problems/malformed-json");
    expect(answer.json.detail).toMatch(/\w/);
  });

  test("is refused if its bytes are no UTF-8", async () => {
    const headers = { "Content-Type": "application/json", "X-Idempotency-Key": newKey() };
    const body = Buffer.from('{"name":"\xff"}', "latin1");

    const answer = await fetch(new URL(RESOURCES, api.server.address), { method: "POST", headers, body });

    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ type: "/problems/malformed-json" });
  });
});

function type(contentType: string): Call {
  return { headers: { "Content-Type": contentType } };
}

/** A payload of so many bytes that is fine but for its size. */
const sized = (bytes: number) => '{"name":"n"}'.padEnd(bytes);
