// The content of a keyed request: its type, its size, and what is no JSON.

import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { type Call, newKey, RESOURCES, serve } from "../harness/client.ts";

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

describe("a content type that is not JSON", () => {
  test.each([
    [undefined, /is missing/],
    ["application/x-www-form-urlencoded", /curl -d.*-H 'Content-Type: application\/json'/],
    ["multipart/form-data; boundary=x", /curl -F/],
    ["text/plain;charset=UTF-8", /fetch\(\)/],
    ["application/json; charset=ISO-8859-1", /The charset is iso-8859-1\. .*UTF-8/],
    ["application/json; charset=s3cret<script>", /The charset is not utf-8/],
    ["application/vnd.api+json", /only JSON itself/],
  ])("is told what is wrong with it, and what to send: %s", async (value, words) => {
    const headers = { "X-Idempotency-Key": newKey(), ...(value && { "Content-Type": value }) };
    const body = new TextEncoder().encode('{"name":"n"}');

    const answer = await fetch(new URL(RESOURCES, api.server.address), { method: "POST", headers, body });
    const problem: any = await answer.json();

    expect(answer.status).toBe(415);
    expect(answer.headers.get("Accept")).toBe("application/json");
    expect(answer.headers.has("Accept-Encoding")).toBe(false);
    expect(problem.detail).toMatch(words);
    expect(problem.detail).toContain("UTF-8");
    expect(problem.detail).not.toContain("s3cret");
  });
});

describe("a content that is encoded", () => {
  const GZIP = gzipSync('{"name":"n"}');

  test.each(["gzip", "br", "deflate", "zstd", "GZIP", "x-none", "identity, gzip", "aws-chunked"])(
    "is refused, and its key is free: %s",
    async (coding) => {
      const key = newKey();
      const headers = {
        "Content-Type": "application/json",
        "X-Idempotency-Key": key,
        "Content-Encoding": coding,
      };

      const answer = await fetch(new URL(RESOURCES, api.server.address), {
        method: "POST",
        headers,
        body: GZIP,
      });
      const problem: any = await answer.json();

      expect(answer.status).toBe(415);
      expect(answer.headers.get("Accept-Encoding")).toBe("identity");
      expect(answer.headers.has("Accept")).toBe(false);
      expect(problem).toMatchObject({ type: "/problems/unsupported-media-type", retryable: false });
      expect(problem.detail).toContain("Content-Encoding");
      expect((await api.create(key)).headers.has("Idempotent-Replayed")).toBe(false);
    },
  );

  test("is refused even if it reads as JSON without being decoded", async () => {
    const answer = await api.create(newKey(), { headers: { ...JSON_TYPE, "Content-Encoding": "gzip" } });

    expect(answer.status).toBe(415);
  });

  test.each(["identity", "Identity", ""])("is not encoded if it is %j", async (coding) => {
    const answer = await api.create(newKey(), { headers: { ...JSON_TYPE, "Content-Encoding": coding } });

    expect(answer.status).toBe(201);
  });
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
    ["nothing", "", /^The content is empty\. Send a JSON object/],
    ["white space", " \n", /nothing in it but white space/],
    ["an object that does not end", '{"name":"n"', /line 1, column 12 on: The content ends before/],
    ["a string that does not end", '{"name":"n', /The content ends before/],
    [
      "a comma too many",
      '{"name":"n",}',
      /line 1, column 13 on: A comma has nothing behind it\. Leave it out/,
    ],
    ["a comma too many in an array", '{"metadata":{"a":[1,\n]}}', /line 2, column 1 on: A comma has nothing/],
    ["two commas", '{"name":"n",,"b":1}', /A comma has nothing in front of it/],
    ["no comma", '{"name":"n" "b":1}', /line 1, column 13 on: A comma or a colon is missing/],
    ["no value", '{"name":}', /A member has no value/],
    ["something behind the document", '{"name":"n"}{}', /goes on after the JSON document\. Send one/],
    ["a comma behind the document", '{"name":"n"},', /goes on after the JSON document/],
    ["a name without quotes", "{name:1}", /A name has no quotes/],
    ["single quotes", "{'name':'n'}", /single quote is no quote in JSON\. Write strings and names in double/],
    ["what the command line of Windows hands on", "'{name:n}'", /single quote.*Windows/],
    ["typographic quotes", "{“name”:1}", /typographic/],
    ["quotes escaped once too often", '{\\"name\\":1}', /escaped once more/],
    ["a comment", '{"name":"n"} // a name', /goes on after/],
    ["a comment within", '{\n  // a name\n  "name":"n"}', /line 2, column 3 on: JSON has no comments/],
    ["a number that begins with zero", '{"name":"n","metadata":{"a":01}}', /begins with a zero/],
    ["a number that begins with a plus", '{"metadata":{"a":+1}}', /neither a plus nor a point/],
    ["a number that ends with its point", '{"metadata":{"a":1.}}', /ends with its point/],
    ["NaN", '{"name":"n","metadata":{"a":NaN}}', /no such number\. Write null/],
    ["undefined", '{"name":undefined}', /no undefined/],
    ["Python's words", '{"metadata":{"a":True,"b":None}}', /true, false and null, in lower case/],
    ["text without quotes", '{"name":lathe}', /Write text in double quotes/],
    [
      "a line end in a string",
      '{"name":"a\nb"}',
      /control character in it\. Write it as an escape, such as \\n/,
    ],
    ["an escape that there is not", '{"name":"C:\\dir"}', /Write \\\\ for a backslash itself/],
    ["the first half of a surrogate pair", '{"name":"\\ud83e","b":"c"}', /half of a surrogate pair/],
    ["the second half of one", '{"name":"\\udd80 n","b":[1,2]}', /half of a surrogate pair/],
    [
      "a byte order mark",
      '\u{feff}{"name":"n"}',
      /begins with a byte order mark; JSON has none\. Leave it out/,
    ],
    ["a no-break space", '{\u{a0}"name":"n"}', /no-break space/],
    ["a form", "name=n&description=d", /looks like a form\. Send a JSON object/],
    ["XML", "<name>n</name>", /looks like XML/],
    ["a hundred thousand brackets", "[".repeat(100_000), /nested more than 64 deep/],
  ])("is refused, and says what is wrong and what to do: %s", async (_, payload, words) => {
    const answer = await api.create(newKey(), { payload });

    expect(answer.status).toBe(400);
    expect(answer.json.type).toBe("/problems/malformed-json");
    expect(answer.json.detail).toMatch(words);
  });

  test("is said to be empty also where there is no type", async () => {
    const answer = await api.call(RESOURCES, { method: "POST", headers: { "X-Idempotency-Key": newKey() } });

    expect(answer.status).toBe(400);
    expect(answer.json.detail).toMatch(/^The content is empty\./);
  });

  test("is said to be in another encoding than UTF-8", async () => {
    const headers = { "Content-Type": "application/json", "X-Idempotency-Key": newKey() };
    const body = Buffer.from('{"name":"n"}', "utf16le");

    const answer = await fetch(new URL(RESOURCES, api.server.address), { method: "POST", headers, body });

    expect(await answer.json()).toMatchObject({ detail: expect.stringContaining("UTF-16") });
  });

  test("is refused if its bytes are no UTF-8", async () => {
    const headers = { "Content-Type": "application/json", "X-Idempotency-Key": newKey() };
    const body = Buffer.from('{"name":"\xff"}', "latin1");

    const answer = await fetch(new URL(RESOURCES, api.server.address), { method: "POST", headers, body });

    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({
      type: "/problems/malformed-json",
      detail: expect.stringContaining("not UTF-8"),
    });
  });
});

const JSON_TYPE = { "Content-Type": "application/json" };

function type(contentType: string): Call {
  return { headers: { "Content-Type": contentType } };
}

/** A payload of so many bytes that is fine but for its size. */
const sized = (bytes: number) => '{"name":"n"}'.padEnd(bytes);
