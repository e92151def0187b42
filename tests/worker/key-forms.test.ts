// Keys of every form: opaque ones, UUIDs of any version, and none where a route does not require one. The Worker is that of
// tests/operations.

import { readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { type Call, newKey, serve } from "../harness/client.ts";
import { OPERATIONS } from "../harness/server.ts";

const V7 = "01890a5d-ac96-774b-bcce-b302099a8057";

const api = serve({}, { root: OPERATIONS });

describe("an opaque key", () => {
  test.each([
    ["is a text", "order-17/2026"],
    ["has a comma between quotes", "a,b"],
    ["has quotes and backslashes between quotes", 'a"b\\c'],
    ["has what URLs encode", "%2F/?#&+~"],
    ["has dots and encoded dots", "../%2e%2E/."],
    ["has 255 bytes", "k".repeat(255)],
  ])("that %s is one key: it is replayed and looked up", async (_, text) => {
    const key = text.length < 200 ? text + newKey() : text;
    const headers = { "Idempotency-Key": `"${key.replace(/["\\]/g, "\\$&")}"` };

    const [first, second] = [await post("/opaque", { headers }), await post("/opaque", { headers })];
    const status = await api.status(encodeURIComponent(key));

    expect(first.status).toBe(200);
    expect(first.json.idempotency_key).toBe(key);
    expect(first.headers.get("X-Idempotency-Key")).toBe(key);
    expect(second.text).toBe(first.text);
    expect(second.headers.get("Idempotent-Replayed")).toBe("true");
    expect(status.json).toMatchObject({ idempotency_key: key, operation: "opaque", attempts: 1 });
  });

  test("is compared exactly", async () => {
    const key = `Order-${newKey()}`;

    const answers = [await post("/opaque", key), await post("/opaque", key.toLowerCase())];

    const [one, other] = answers.map(({ json }) => json.operation_id);
    expect(one).not.toBe(other);
    expect(answers[1]!.headers.has("Idempotent-Replayed")).toBe(false);
    expect((await api.status(key.toUpperCase())).status).toBe(404);
  });

  test("that is a UUID is the key that it is where keys are UUIDs", async () => {
    const key = newKey();
    const first = await post("/uuid4", key);

    const elsewhere = await post("/opaque", key);
    const inCapitals = await post("/opaque", key.toUpperCase());

    expect(first.status).toBe(200);
    expect(elsewhere.json.type).toBe("/problems/request-mismatch");
    // A UUID's case does not matter; an opaque key's does.
    expect(inCapitals.status).toBe(200);
    expect((await api.status(key)).json).toMatchObject({ operation: "uuid4", attempts: 1 });
  });

  test("is resolved by an operator, percent-encoded", async () => {
    const key = `2026/${newKey()}?`;
    const first = await post("/opaque", key);

    const path = `/api/v1/operations/idempotency/${encodeURIComponent(key)}/resolution`;
    const resolved = await api.call(path, { method: "POST", payload: { as: "forgotten" } });
    const next = await post("/opaque", key);

    expect(resolved.json).toMatchObject({ idempotency_key: key, status: "FORGOTTEN" });
    expect(next.json.operation_id).not.toBe(first.json.operation_id);
  });
});

describe("a UUID of any version", () => {
  test("is a key in either case", async () => {
    const first = await post("/uuid", V7);
    const second = await post("/uuid", V7.toUpperCase());

    expect(first.json.idempotency_key).toBe(V7);
    expect(second.text).toBe(first.text);
    expect((await api.status(V7.toUpperCase())).json).toMatchObject({ idempotency_key: V7 });
  });
});

describe("what is no key of its route", () => {
  test.each([
    ["/uuid", "order-17", /not a UUID\. Send a UUID in its 36 characters/],
    ["/uuid", "00000000-0000-0000-0000-000000000000", /nil UUID/],
    ["/uuid4", V7, /version 7.*Send a UUID of version 4/],
    ["/opaque", "", /is empty\. Send 1 to 255 characters of visible ASCII/],
    ["/opaque", "a b", /has a space or a character that is not visible ASCII/],
    ["/opaque", "ü", /has a space or a character that is not visible ASCII/],
    ["/opaque", "k".repeat(256), /longer than 255 bytes/],
    ["/opaque", ".", /one dot or two, which URLs leave out of paths/],
    ["/opaque", "..", /could not be looked up\. Send 1 to 255/],
    ["/optional", "a b", /has a space/],
  ])("is refused with what is wrong, and what to send: %s: %s", async (path, key, words) => {
    const effects = await effectsOf(path);

    const answer = await post(path, key);

    expect(answer.status).toBe(400);
    expect(answer.json).toMatchObject({ type: "/problems/idempotency-key-invalid", retryable: false });
    expect(answer.json.detail).toMatch(words);
    expect(await effectsOf(path)).toBe(effects);
  });

  test("is two of them: what stands between them may be no quoted comma", async () => {
    const answers = [await post("/opaque", "a,b"), await post("/opaque", "a, a")];

    for (const { json } of answers) expect(json.type).toBe("/problems/idempotency-key-conflict");
  });

  test.each([
    ["/uuid4", /Send a UUID of version 4 in/],
    ["/uuid", /Send a UUID in/],
    ["/opaque", /Send 1 to 255 characters of visible ASCII/],
  ])("is said where there is none: %s", async (path, words) => {
    const answer = await post(path, {});

    expect(answer.json.type).toBe("/problems/idempotency-key-missing");
    expect(answer.json.detail).toMatch(words);
  });
});

describe("a route that does not require a key", () => {
  test("runs each request without one, and remembers nothing of it", async () => {
    const before = [await effectsOf("/optional"), objects()] as const;
    const headers = { "X-Correlation-ID": newKey() };

    const answers = [];
    for (let n = 0; n < 3; n++) answers.push(await post("/optional", { headers }));
    const lines = await api.logged({ correlation_id: headers["X-Correlation-ID"] });

    expect(new Set(answers.map(({ json }) => json.operation_id)).size).toBe(3);
    for (const { status, json, headers } of answers) {
      expect(status).toBe(200);
      expect(json.idempotency_key).toBeNull();
      expect([...headers.keys()].filter((name) => /idempoten/.test(name))).toEqual([]);
    }
    expect([await effectsOf("/optional"), objects()]).toEqual([before[0] + 3, before[1]]);
    expect(lines.map(({ message }) => message)).toEqual(Array(3).fill("Ran without idempotency key"));
    for (const line of lines)
      expect(line).toMatchObject({ level: "info", operation: "optional", idempotency_key: null });
  });

  test("ignores what is about attempts", async () => {
    const headers = { "X-Fault": "fail-before", Prefer: "wait=1" };

    expect((await post("/optional", { headers })).status).toBe(200);
  });

  test("says that an effect without a key may be there, if that is not known", async () => {
    const db = await api.server.db();
    await db.prepare("ALTER TABLE effects RENAME TO elsewhere").run();

    const answer = await post("/optional", {});
    await db.prepare("ALTER TABLE elsewhere RENAME TO effects").run();

    expect(answer.status).toBe(502);
    expect(answer.json).toMatchObject({ type: "/problems/outcome-unknown", retryable: false });
    expect(answer.json.detail).toContain("look first whether it is there");
    expect([...answer.headers.keys()].filter((name) => /idempoten|retry/.test(name))).toEqual([]);
  });

  test("takes effect once with a key", async () => {
    const before = await effectsOf("/optional");
    const key = newKey();

    const answers = [await post("/optional", key), await post("/optional", key)];

    expect(answers[1]!.text).toBe(answers[0]!.text);
    expect(answers[1]!.headers.get("Idempotent-Replayed")).toBe("true");
    expect(await effectsOf("/optional")).toBe(before + 1);
  });
});

/** A POST with this key, if it is a text. */
function post(path: string, key: string | Call) {
  const call = typeof key === "string" ? { headers: { "Idempotency-Key": key } } : key;
  return api.call(path, { method: "POST", ...call });
}

async function effectsOf(path: string): Promise<number> {
  const db = await api.server.db();
  const count = db.prepare("SELECT count(*) AS n FROM effects WHERE path = ?").bind(path).first("n");
  return Number(await count);
}

/** The objects that there are. */
const objects = () =>
  readdirSync(api.server.objects).filter((name) => /^[0-9a-f]+\.sqlite$/.test(name)).length;
