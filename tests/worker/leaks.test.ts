// No answer tells what is inside: no stack, no path, no SQL, no type's name.

import { describe, expect, test } from "vitest";
import {
  AUDIT_LOG,
  AUDIT_LOGS,
  type Answer,
  type Keyed,
  newKey,
  PAYLOADS,
  RESOURCES,
  serve,
  TRANSACTIONS,
} from "../harness/client.ts";

const api = serve();

/** Words of Rust and its libraries, of the runtime, of SQLite and D1. */
const WORDS = [
  ...[
    "struct",
    "enum",
    "variant",
    "newtype",
    "Option",
    "Vec",
    "Box",
    "String",
    "str",
    "[iu](8|16|32|64|size)",
  ],
  ...["RawValue", "Decimal", "Input", "serde", "garde", "panicked", "unwrap", "stack", "wasm", "workerd"],
  ...["SELECT", "INSERT", "[Cc]onstraint", "table"],
];

/** Parts of names, messages, stacks and paths. */
const PARTS = [
  ...["::", "<[A-Z]", "invalid (type|value|length)", "at line", "Error:", "\\bat \\S+ \\("],
  ...["SQL", "D1_", "_away", "\\w\\.(rs|js|ts|toml)\\b", "src/", "/work", "/home", "/root", "node_modules"],
];

const INSIDE = new RegExp([`\\b(${WORDS.join("|")})\\b(?!-)`, ...PARTS].join("|"));

const VALUES = [
  null,
  true,
  0,
  -1.5,
  1e300,
  "",
  "x".repeat(600),
  "2026-13-41T99:99:99Z",
  [],
  [[]],
  ["x", 1],
  {},
  { secs: 1 },
  { "$serde_json::private::RawValue": "1" },
  { "$serde_json::private::Number": "1" },
];

/** What each operation reads, and something that it does not. */
const MEMBERS: Record<Keyed, string[]> = {
  [RESOURCES]: ["name", "description", "metadata", "other"],
  [TRANSACTIONS]: ["amount", "currency", "description", "other"],
  [AUDIT_LOG]: [
    ...["user_id", "action", "details", "id", "timestamp"],
    ...["correlation_id", "ip_address", "user_agent", "other"],
  ],
};

describe("an answer to a payload", () => {
  test.each(Object.entries(MEMBERS) as [Keyed, string[]][])(
    "of %s with any type in any place says nothing of the inside",
    async (path, members) => {
      const payloads = members.flatMap((member) => [
        ...VALUES.map((value) => JSON.stringify({ ...PAYLOADS[path], [member]: value })),
        ...["1e-400", "1e400", "-0", "9".repeat(60)].map((number) => withRaw(path, member, number)),
        JSON.stringify({ ...PAYLOADS[path], [member]: undefined }),
      ]);

      const answers = await inTurn(
        [...payloads, ...VALUES.map((value) => JSON.stringify(value))],
        (payload) => api.post(path, newKey(), { payload }),
      );

      expect(answers.some(({ status }) => status === 422)).toBe(true);
      answers.forEach(saysNothing);
    },
  );

  test("that is malformed in any way says nothing of the inside, nor repeats it", async () => {
    const malformed = [
      ...["", " ", "\u{feff}s3cret", "{".repeat(99), `["${"s3cret".repeat(20_000)}"]`],
      ...`{ } [ ] , : " ' nul tru NaN - 01 1. 1e \\ // <html> [1,s3cret] {s3cret:1} {"a":1}s3cret`.split(" "),
      ...`{"a"} {"a":} {"a":"s3cret} {"s3cret":1,} {"s3cret":1,"s3cret":2} {"a":1,s3cret}`.split(" "),
      ...String.raw`{"a":"s3cret\x"} {"a":"\ud800s3cret"} {"a":"\u12s3cret"} {"a":1e99999999999999999999}`.split(
        " ",
      ),
      ...['{"s3cret":1 "b":2}', '{"a":"s3cret\u0001"}', `{"a":${"1".repeat(2000)}}`],
    ];

    const answers = await inTurn(malformed, (payload) => api.create(newKey(), { payload }));

    for (const answer of answers) {
      expect([400, 422]).toContain(answer.status);
      expect(answer.text).not.toContain("s3cret");
      saysNothing(answer);
    }
  });

  test("whose bytes are no text says nothing of the inside", async () => {
    const bytes = ["\xff", '{"name":"\xc3"}', '{"\xf0\x28":1}', "\x00", "\x1f\x8b\x08"];

    const answers = await inTurn(bytes, (payload) => sendBytes(Buffer.from(payload, "latin1")));

    for (const answer of answers) {
      expect(answer.status).toBe(400);
      saysNothing(answer);
    }
  });
});

describe("an answer to header fields and queries", () => {
  test("of any kind says nothing of the inside", async () => {
    const odd = ["", " ", ...`" é {} Bearer %00 a,b ';--`.split(" "), "x".repeat(9000)];
    const fields = `Authorization Idempotency-Key X-Idempotency-Key Content-Type Prefer X-Fault Origin`.split(
      " ",
    );
    const queries = `limit=x limit=-1 limit=99999999999999999999 offset=1e9 user_id=%00 action=%ff';--`.split(
      " ",
    );

    const answers = [
      ...(await inTurn(
        fields.flatMap((name) => odd.map((value) => ({ [name]: value }))),
        (headers) => api.create(newKey(), { headers: { "X-Idempotency-Key": newKey(), ...headers } }),
      )),
      ...(await inTurn(queries, (query) => api.call(`${AUDIT_LOGS}?${query}`))),
      ...(await inTurn(odd, (id) => api.call(`${RESOURCES}/${encodeURIComponent(id)}`))),
      ...(await inTurn(odd, (id) => api.call(`/api/v1/operations/idempotency/${encodeURIComponent(id)}`))),
    ];

    answers.forEach(saysNothing);
  });
});

describe("an answer without a database", () => {
  test("says nothing of it", async () => {
    const db = await api.server.db();
    const { results } = await db
      .prepare("SELECT name FROM sqlite_master WHERE name IN ('resources', 'transactions', 'audit_log')")
      .all();
    for (const { name } of results) await db.exec(`ALTER TABLE ${name} RENAME TO ${name}_away`);

    const answers = [
      ...(await inTurn(Object.keys(PAYLOADS) as Keyed[], (path) => api.post(path, newKey()))),
      ...(await inTurn([`${RESOURCES}/7`, `${TRANSACTIONS}/7`, AUDIT_LOGS], (path) => api.call(path))),
    ];

    for (const { name } of results) await db.exec(`ALTER TABLE ${name}_away RENAME TO ${name}`);
    expect(results).toHaveLength(3);
    for (const answer of answers) {
      expect(answer.status).toBe(503);
      saysNothing(answer);
    }
  });
});

describe("an answer to a fault", () => {
  test.each(["fail-before", "fail-after", "abort-before", "abort-after", "panic"])(
    "%s says nothing of the inside",
    async (fault) => {
      const answer = await api.create(newKey(), { fault });

      expect(answer.status).toBe(503);
      saysNothing(answer);
    },
  );
});

/** A saved or repeated content is the client's own; a refusal must have words of the service's alone. */
function saysNothing(answer: Answer) {
  if (answer.status >= 400) expect(answer.text).not.toMatch(INSIDE);
  for (const [, value] of answer.headers) expect(value).not.toMatch(INSIDE);
}

function withRaw(path: Keyed, member: string, number: string) {
  const { [member]: _, ...others } = PAYLOADS[path] as Record<string, unknown>;
  return JSON.stringify(others).replace("{", `{"${member}":${number},`);
}

async function sendBytes(body: Buffer<ArrayBuffer>): Promise<Answer> {
  const headers = { "Content-Type": "application/json", "X-Idempotency-Key": newKey() };
  const response = await fetch(new URL(RESOURCES, api.server.address), { method: "POST", headers, body });
  return { status: response.status, headers: response.headers, text: await response.text(), json: undefined };
}

async function inTurn<T>(all: T[], send: (one: T) => Promise<Answer>): Promise<Answer[]> {
  const answers = [];
  for (const one of all) answers.push(await send(one));
  return answers;
}
