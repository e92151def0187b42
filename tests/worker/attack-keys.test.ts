// Attacks on the key: requests with two meanings, keys that look alike, and replays by another way.

import { describe, expect, test } from "vitest";
import { newKey, PAYLOADS, RESOURCES, serve } from "../harness/client.ts";
import { raw, request, statuses } from "../harness/raw.ts";

const api = serve();
const CONTENT = JSON.stringify(PAYLOADS[RESOURCES]);
const JSON_TYPE = "Content-Type: application/json";
const LENGTH = `Content-Length: ${CONTENT.length}`;

/** A request that ends its connection. */
const post = (lines: string[], content = CONTENT, target = `POST ${RESOURCES}`) =>
  request(target, [JSON_TYPE, "Connection: close", ...lines], content);

describe("a request that two readers could read differently is refused", () => {
  test.each<[string, (key: string, other: string) => string]>([
    ["a name with a space behind it", (key) => post([LENGTH, `X-Idempotency-Key : ${key}`])],
    [
      "one key by the name with a space, one without",
      (key, other) => post([LENGTH, `X-Idempotency-Key: ${key}`, `X-Idempotency-Key : ${other}`]),
    ],
    ["a value on two lines", (key, other) => post([LENGTH, `X-Idempotency-Key: ${key}\r\n , ${other}`])],
    ["a value on the next line", (key) => post([LENGTH, `X-Idempotency-Key:\r\n ${key}`])],
    ["a carriage return in a value", (key) => post([LENGTH, `X-Other: a\rX-Idempotency-Key: ${key}`])],
    ["a NUL in a value", (key) => post([LENGTH, `X-Idempotency-Key: ${key}\0`])],
    ["a name in two cases", (a, b) => post([LENGTH, `x-idempotency-key: ${a}`, `X-IDEMPOTENCY-KEY: ${b}`])],
    ["an underscore for a hyphen", (key) => post([LENGTH, `X_Idempotency_Key: ${key}`])],
    ["two lengths", (key) => post([LENGTH, "Content-Length: 5", `X-Idempotency-Key: ${key}`])],
    [
      "a length with a sign",
      (key) => post([`Content-Length: +${CONTENT.length}`, `X-Idempotency-Key: ${key}`]),
    ],
    [
      "an unknown coding",
      (key) => post(["Transfer-Encoding: xchunked", `X-Idempotency-Key: ${key}`], chunked(CONTENT)),
    ],
    [
      "two codings",
      (key) =>
        post(
          ["Transfer-Encoding: chunked", "Transfer-Encoding: identity", `X-Idempotency-Key: ${key}`],
          chunked(CONTENT),
        ),
    ],
    [
      "the empty value beside a key",
      (key) => post([LENGTH, "Idempotency-Key:", `X-Idempotency-Key: ${key}`]),
    ],
  ])("%s", async (_, bytes) => {
    const keys = [newKey(), newKey()] as const;

    const received = await raw(api.server.address, bytes(...keys));

    expect(statuses(received)).toEqual([400]);
    for (const key of keys) await isUnused(key);
  });
});

describe("a key that is not in the head of the request is none", () => {
  test("but in a trailer", async () => {
    const [key, other] = [newKey(), newKey()];
    const lines = ["Transfer-Encoding: chunked", "Trailer: X-Idempotency-Key", `X-Idempotency-Key: ${key}`];

    const received = await raw(
      api.server.address,
      post(lines, chunked(CONTENT, `X-Idempotency-Key: ${other}\r\n`)),
    );

    expect(statuses(received)).toEqual([201]);
    expect(await api.rows(key)).toHaveLength(1);
    await isUnused(other);
  });

  test("but in a second request inside the first one's content", async () => {
    const [key, hidden] = [newKey(), newKey()];
    const second = post([LENGTH, `X-Idempotency-Key: ${hidden}`]);
    const lines = ["Content-Length: 5", "Transfer-Encoding: chunked", `X-Idempotency-Key: ${key}`];

    const received = await raw(
      api.server.address,
      request(`POST ${RESOURCES}`, [JSON_TYPE, ...lines], chunked(CONTENT) + second),
    );

    expect(statuses(received)).toEqual([201]);
    expect(await api.rows(key)).toHaveLength(1);
    await isUnused(hidden);
  });

  test("but in the query, in a cookie or in the content", async () => {
    const key = newKey();
    const headers = { Cookie: `X-Idempotency-Key=${key}; Idempotency-Key=${key}` };
    const payload = { ...PAYLOADS[RESOURCES], "X-Idempotency-Key": key, idempotency_key: key };

    const path = `${RESOURCES}?X-Idempotency-Key=${key}&idempotency_key=${key}`;
    const answer = await api.call(path, { method: "POST", headers, payload });

    expect(answer.json.type).toBe("/problems/idempotency-key-missing");
    await isUnused(key);
  });
});

describe("what only looks like a key is none", () => {
  const key = "9b2e1c1e-52a9-4f4c-9d0b-0f6a1a2b3c4d";

  test.each([
    ["with full-width digits", key.replaceAll("9", "\uff19")],
    ["with a Cyrillic letter", key.replaceAll("a", "\u0430")],
    ["with another hyphen", key.replaceAll("-", "\u2010")],
    ["with a soft hyphen more", `${key}\u00ad`],
    ["with a zero-width space more", `\u200b${key}`],
    ["with a no-break space more", `${key}\u00a0`],
    ["with a direction mark", `\u202e${key}`],
    ["in percent-encoding", key.replaceAll("-", "%2d")],
    ["with another behind a semicolon", `${key};${key}`],
    ["with another behind a space", `${key} ${key}`],
    ["with another behind a tab", `${key}\t${key}`],
  ])("%s", async (_, value) => {
    const inLatin1 = /^[\0-\xff]*$/.test(value) ? [value] : [];
    for (const bytes of [Buffer.from(value).toString("latin1"), ...inLatin1]) {
      const received = await raw(api.server.address, post([LENGTH, `X-Idempotency-Key: ${bytes}`]));

      expect(statuses(received)).toEqual([400]);
    }
    await isUnused(key);
  });
});

describe("the answer to a key is not had", () => {
  test.each(["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"])(
    "with %s, also if it says that it means POST",
    async (method) => {
      const key = newKey();
      const first = await api.create(key);
      const override = ["X-HTTP-Method-Override: POST", "X-HTTP-Method: POST", "X-Method-Override: POST"];

      const received = await raw(
        api.server.address,
        post([LENGTH, `X-Idempotency-Key: ${key}`, ...override], CONTENT, `${method} ${RESOURCES}`),
      );

      expect(received).not.toContain(first.json.id);
      expect(received).not.toMatch(/idempotent-replayed/i);
      expect(await api.rows(key)).toHaveLength(1);
    },
  );

  test.each([
    `${RESOURCES}/`,
    `/${RESOURCES}`,
    `${RESOURCES};a=1`,
    `${RESOURCES}%20`,
    RESOURCES.replace("resources", "%72esources"),
    RESOURCES.replace("resources", "Resources"),
    RESOURCES.replace("/v1", "/v2"),
    `${RESOURCES}?`.replace("?", "%3f"),
  ])("on %s", async (path) => {
    const key = newKey();
    const first = await api.create(key);

    const received = await raw(
      api.server.address,
      post([LENGTH, `X-Idempotency-Key: ${key}`], CONTENT, `POST ${path}`),
    );

    expect(statuses(received)).toEqual([404]);
    expect(received).not.toContain(first.json.id);
  });

  test("on another path that becomes this one, unless it is the same request", async () => {
    const key = newKey();
    const first = await api.create(key);
    const target = `POST ${RESOURCES.replace("/v1/", "/./v1/x/../")}`;

    const same = await raw(api.server.address, post([LENGTH, `X-Idempotency-Key: ${key}`], CONTENT, target));

    expect(same).toContain(first.json.id);
    expect(same).toMatch(/idempotent-replayed: true/i);
    expect(await api.rows(key)).toHaveLength(1);
  });
});

function chunked(content: string, trailer = ""): string {
  return `${content.length.toString(16)}\r\n${content}\r\n0\r\n${trailer}\r\n`;
}

async function isUnused(key: string) {
  expect((await api.status(key)).status).toBe(404);
  expect(await api.rows(key)).toHaveLength(0);
}
