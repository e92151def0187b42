// Text that means something elsewhere: to SQL, to KV, to a header, a log or a terminal. Here it is text.

import { readdirSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { AUDIT_LOG, AUDIT_LOGS, newKey, RESOURCES, serve, TRANSACTIONS } from "../harness/client.ts";

const api = serve();

/** The fields of a first answer and of a refusal. */
const harmless = new Set<string>();
beforeAll(async () => {
  for (const payload of [{ name: "Lathe" }, {}])
    fieldNames((await api.create(newKey(), { payload })).headers).forEach((name) => harmless.add(name));
});

const HOSTILE = [
  `'; DROP TABLE resources; --`,
  `" OR ""="`,
  `' OR caller <> '`,
  `1); DELETE FROM audit_log; --`,
  `%_\\`,
  `?1 :caller @caller $caller`,
  `replay/1/../${"0".repeat(64)}`,
  `a\r\nSet-Cookie: a=b\r\n\r\n<script>alert(1)</script>`,
  `{"level":"error","message":"made up"}\n{"a":1}`,
  "\u001b[2J\u001b]0;title\u0007",
  "\u0000\u007f\u0085\u2028\u2029\u202e\ufeff",
  "__proto__",
  "${7*7}{{7*7}}#{7*7}%s%n",
  "\ud83e\udd80".repeat(20),
];

describe.each(HOSTILE)("%j", (text) => {
  test("is text in every field of a resource", async () => {
    const payload = { name: text.slice(0, 100), description: text, metadata: { [text]: [text] } };
    const key = newKey();

    const made = await api.create(key, { payload });
    const read = await api.call(made.headers.get("Location")!);
    const [row, ...others] = await api.rows(key);

    expect(made.json).toMatchObject({ name: payload.name, description: text });
    expect(Object.entries(made.json.metadata)).toEqual([[text, [text]]]);
    expect(read.text).toBe(made.text);
    expect(row).toMatchObject({ name: payload.name, description: text });
    expect(others).toEqual([]);
    expectOwnFields(made.headers);
  });

  test("is text in every field of a transaction, or refused", async () => {
    const payload = { amount: 1, description: text };

    const made = await api.post(TRANSACTIONS, newKey(), { payload });
    const refused = await api.post(TRANSACTIONS, newKey(), { payload: { ...payload, currency: text } });
    const read = await api.call(made.headers.get("Location")!);

    expect(read.json.description).toBe(text);
    expect(refused.status).toBe(422);
    expectOwnFields(refused.headers);
  });

  test("is text in every field of an audit entry, and in every filter", async () => {
    const as = `caller-${HOSTILE.indexOf(text)}`;
    const fields = { user_id: text, id: text, correlation_id: text, ip_address: text, user_agent: text };
    const payload = { ...fields, action: "login", details: { [text]: text } };
    await api.post(AUDIT_LOG, newKey(), { as });
    const made = await api.post(AUDIT_LOG, newKey(), { as, payload });

    const found = await api.call(`${AUDIT_LOGS}?user_id=${encodeURIComponent(text)}`, { as });
    const names = ["action", "limit", "offset", "cursor"].map(
      (name) => `${name}=${encodeURIComponent(text)}`,
    );
    const odd = [...names, `${encodeURIComponent(text)}=1`].map((query) =>
      api.call(`${AUDIT_LOGS}?${query}`, { as }),
    );

    expect(made.json).toMatchObject(fields);
    expect(found.json).toEqual([made.json]);
    for (const answer of await Promise.all(odd)) {
      expect(answer.status).toBe(422);
      expect(answer.text).not.toContain(JSON.stringify(text).slice(1, -1));
    }
    expectOwnFields(made.headers);
  });

  test("is no id, no key and no path", async () => {
    const id = encodeURIComponent(text);

    for (const path of [
      `${RESOURCES}/${id}`,
      `${TRANSACTIONS}/${id}`,
      `/api/v1/operations/idempotency/${id}`,
    ]) {
      const answer = await api.call(path);
      expect(answer.status).toBe(404);
      expect(answer.text).not.toContain("DROP");
    }
    expect((await api.call(`/problems/${id}`)).status).toBe(404);
  });
});

describe("header fields", () => {
  const ascii = HOSTILE.map((text) => text.replace(/[^ -~]/g, "")).filter((text) => text !== "");

  test.each(ascii)("that say %j are kept as text, or not at all", async (text) => {
    const headers = {
      "User-Agent": text,
      "CF-Connecting-IP": text,
      "X-Correlation-ID": text,
      Origin: text,
      Prefer: text,
      Cookie: text,
      "X-Forwarded-Host": text,
      "X-Forwarded-For": text,
    };

    const answer = await api.post(AUDIT_LOG, newKey(), { headers });

    expect(answer.json.user_agent).toBe(text.trim());
    expectOwnFields(answer.headers);
    const told = [...answer.headers].filter(([name]) => name !== "content-length");
    if (text !== "__proto__") expect(JSON.stringify(told)).not.toContain(JSON.stringify(text).slice(1, -1));
  });
});

describe("after all that", () => {
  test("KV has no key but digests, and the objects have no names but the runtime's", async () => {
    const { keys } = await (await api.server.kv()).list();

    expect(keys.length).toBeGreaterThan(10);
    for (const { name } of keys) expect(name).toMatch(/^replay\/1\/[0-9a-f]{64}$/);
    for (const file of readdirSync(api.server.objects))
      expect(file).toMatch(/^([0-9a-f]{64}|metadata)\.sqlite(-shm|-wal)?$/);
  });

  test("the tables are there, and hold what was made", async () => {
    for (const [table, least] of [
      ["resources", HOSTILE.length],
      ["transactions", HOSTILE.length],
      ["audit_log", HOSTILE.length * 2],
    ] as const) {
      expect((await api.server.store.rows(table)).length).toBeGreaterThanOrEqual(least);
    }
  });

  test("the log has lines of its own only, each one JSON object", () => {
    const written = api.server.logs.map((line) => JSON.stringify(line)).join("\n");

    expect(api.server.noise).toEqual([]);
    expect(api.server.logs.length).toBeGreaterThan(HOSTILE.length * 4);
    expect(written).not.toMatch(/DROP TABLE|made up|Set-Cookie|\\u001b|\{\{7/);
  });
});

/** Whatever was sent, an answer has no field that the answer to a harmless request has not. */
function expectOwnFields(headers: Headers) {
  const own = fieldNames(headers).filter((name) => !harmless.has(name));
  expect(own).toEqual([]);
  expect(headers.get("X-Correlation-ID")).toMatch(/^[A-Za-z0-9._:-]{1,128}$/);
}

/** Those that say how the content is transferred depend on its length. */
function fieldNames(headers: Headers) {
  return [...headers.keys()].filter((name) => !/^(content|transfer)-/.test(name));
}
