// The idempotency key: how it is spelled, in which header, and what is no key.

import { request } from "node:http";
import { describe, expect, test } from "vitest";
import { newKey, PAYLOADS, RESOURCES, serve } from "../harness/client.ts";

const api = serve();

describe("one key", () => {
  test("may be sent in either header, bare or quoted, in either case", async () => {
    const key = newKey();
    const first = await api.create(key);

    const spellings: Record<string, string>[] = [
      { "X-Idempotency-Key": key.toUpperCase() },
      { "x-idempotency-key": ` ${key} ` },
      { "Idempotency-Key": key },
      { "Idempotency-Key": `"${key}"` },
      { "Idempotency-Key": `"${key.toUpperCase()}"` },
      { "idempotency-KEY": `"${key}";source=test` },
      { "Idempotency-Key": `"${key}"`, "X-Idempotency-Key": key.toUpperCase() },
    ];
    const retries = await Promise.all(spellings.map((headers) => send(headers)));

    for (const retry of retries) {
      expect(retry.status).toBe(201);
      expect(retry.text).toBe(first.text);
      expect(retry.headers.get("Idempotent-Replayed")).toBe("true");
      expect(retry.headers.get("X-Idempotency-Key")).toBe(key);
    }
    expect(await api.rows(key)).toHaveLength(1);
  });

  test("is answered in lower case, however it was sent first", async () => {
    const key = newKey();

    const first = await api.create(key.toUpperCase());

    expect(first.headers.get("X-Idempotency-Key")).toBe(key);
    expect(first.json.idempotency_key).toBe(key);
  });

  test("is needed", async () => {
    const answer = await send({});

    expect(answer.status).toBe(400);
    expect(answer.json).toMatchObject({ type: "/problems/idempotency-key-missing", retryable: false });
    expect(await api.rowsWhere("resources", "name", "unkeyed")).toHaveLength(0);
  });
});

describe("what is wrong with a key", () => {
  const KEY = "9b2e1c1e-52a9-4f4c-9d0b-0f6a1a2b3c4d";

  test.each([
    ["X-Idempotency-Key", `"${KEY}"`, /double quotes, which belong to the field Idempotency-Key/],
    ["X-Idempotency-Key", `'${KEY}'`, /single quotes/],
    ["Idempotency-Key", `'${KEY}'`, /single quotes/],
    ["Idempotency-Key", `"${KEY}`, /do not make a pair/],
    ["X-Idempotency-Key", KEY.replace("-4f", "-7f"), /a UUID of version 7/],
    ["X-Idempotency-Key", "00000000-0000-0000-0000-000000000000", /nil UUID/],
    ["Idempotency-Key", `urn:uuid:${KEY}`, /urn:uuid: in front/],
    ["X-Idempotency-Key", `{${KEY}}`, /in braces/],
    ["X-Idempotency-Key", KEY.replaceAll("-", ""), /without its hyphens/],
    ["X-Idempotency-Key", "{{$guid}}", /a placeholder that was not replaced/],
    ["X-Idempotency-Key", "undefined", /a placeholder that was not replaced/],
    ["X-Idempotency-Key", "", /is empty/],
    ["X-Idempotency-Key", "s3cret-17", /not a UUID/],
  ])("is said, and what to send: %s: %s", async (field, value, words) => {
    const answer = await send({ [field]: value });

    expect(answer.status).toBe(400);
    expect(answer.json.type).toBe("/problems/idempotency-key-invalid");
    expect(answer.json.detail).toMatch(words);
    expect(answer.json.detail).toContain("Send a UUID of version 4");
    expect(answer.text).not.toContain("s3cret");
  });

  test.each([`?idempotency_key=${KEY}`, `?X-Idempotency-Key=${KEY}`])(
    "is that it is not in a header field: %s",
    async (query) => {
      const answer = await api.call(RESOURCES + query, { method: "POST", payload: { idempotency_key: KEY } });

      expect(answer.json.type).toBe("/problems/idempotency-key-missing");
      expect(answer.json.detail).toMatch(/in the header field .* query or the content is not looked for/);
    },
  );
});

describe("two keys in one request", () => {
  test("are refused if the two headers differ", async () => {
    const key = newKey();

    const answer = await send({ "Idempotency-Key": key, "X-Idempotency-Key": newKey() });

    expect(answer.status).toBe(400);
    expect(answer.json).toMatchObject({ type: "/problems/idempotency-key-conflict", retryable: false });
    expect(await api.rows(key)).toHaveLength(0);
  });

  test.each(["X-Idempotency-Key", "Idempotency-Key"])(
    "are refused if %s comes twice, on two lines or on one, also with the same value",
    async (field) => {
      const [key, other] = [newKey(), newKey()];

      const answers = await Promise.all([
        sendLines([field, key, field, other]),
        sendLines([field, key, field, key]),
        sendLines([field, `${key}, ${other}`]),
        sendLines([field, `"${key}", "${key}"`]),
      ]);

      for (const answer of answers) {
        expect(answer).toMatchObject({ status: 400, json: { type: "/problems/idempotency-key-conflict" } });
      }
      expect(await api.rows(key)).toHaveLength(0);
    },
  );
});

describe("what is no UUID of version 4", () => {
  const v4 = "9b2e1c1e-52a9-4f4c-9d0b-0f6a1a2b3c4d";

  test.each([
    ["an empty value", ""],
    ["a word", "invalid-key"],
    ["a UUID of version 1", "9b2e1c1e-52a9-1f4c-9d0b-0f6a1a2b3c4d"],
    ["a UUID of version 7", "019b2e1c-52a9-7f4c-9d0b-0f6a1a2b3c4d"],
    ["a UUID of another variant", "9b2e1c1e-52a9-4f4c-cd0b-0f6a1a2b3c4d"],
    ["the nil UUID", "00000000-0000-0000-0000-000000000000"],
    ["a UUID without hyphens", v4.replaceAll("-", "")],
    ["a UUID in braces", `{${v4}}`],
    ["a UUID as a URN", `urn:uuid:${v4}`],
    ["a UUID with something behind it", `${v4}0`],
    ["a UUID that lacks a digit", v4.slice(0, -1)],
    ["a UUID with a letter that is no hex digit", v4.replace("9", "g")],
    ["a UUID with one quote", `"${v4}`],
  ])("is refused: %s", async (_, value) => {
    const extension = await send({ "X-Idempotency-Key": value });
    const standard = await send({ "Idempotency-Key": value });

    for (const answer of [extension, standard]) {
      expect(answer.status).toBe(400);
      expect(answer.json).toMatchObject({ type: "/problems/idempotency-key-invalid", retryable: false });
      expect(answer.headers.has("X-Idempotency-Key")).toBe(false);
    }
  });

  test("is refused in the one header even if the other has a key", async () => {
    const key = newKey();

    const answer = await send({ "X-Idempotency-Key": key, "Idempotency-Key": "invalid-key" });

    expect(answer.json.type).toBe("/problems/idempotency-key-invalid");
    expect(await api.rows(key)).toHaveLength(0);
  });
});

describe("a key on a request that needs none", () => {
  test("changes nothing", async () => {
    const key = newKey();

    const read = await api.call("/health", { headers: { "X-Idempotency-Key": key } });
    const wrong = await api.call("/health", { headers: { "X-Idempotency-Key": "invalid-key" } });

    expect([read.status, wrong.status]).toEqual([200, 200]);
    expect((await api.status(key)).status).toBe(404);
  });
});

function send(headers: Record<string, string>) {
  const payload = Object.keys(headers).length > 0 ? PAYLOADS[RESOURCES] : { name: "unkeyed" };
  return api.call(RESOURCES, { method: "POST", headers, payload });
}

/** A request with header lines as they are given; `fetch` would join two lines of one name. */
function sendLines(lines: string[]): Promise<{ status: number; json: unknown }> {
  const content = JSON.stringify(PAYLOADS[RESOURCES]);
  const own = ["Host", api.server.address.host, "Content-Type", "application/json"];
  return new Promise((resolve, reject) => {
    const headers = [...own, "Content-Length", String(content.length), ...lines];
    const sent = request(new URL(RESOURCES, api.server.address), { method: "POST", headers });
    sent.on("error", reject);
    sent.on("response", async (response) => {
      const text = (await response.toArray()).join("");
      resolve({ status: response.statusCode!, json: JSON.parse(text) });
    });
    sent.end(content);
  });
}
