// Bounds: what is too much is refused with the bound in the answer's words, early, and leaves its key free.

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { AUDIT_LOG, type Call, eventually, newKey, RESOURCES, serve } from "../harness/client.ts";
import { Connection } from "../harness/connection.ts";

const LIMIT = 256 * 1024;
const run = promisify(execFile);
const api = serve();

describe("a content that is too long", () => {
  test.each([
    ["its length alone", ["Content-Length: 50000000"], ""],
    ["chunks", ["Transfer-Encoding: chunked"], chunk(LIMIT + 1)],
    [
      "chunks that are more than its length says",
      ["Content-Length: 5", "Transfer-Encoding: chunked"],
      chunk(LIMIT + 1),
    ],
  ])("is refused before it ends, by %s", async (_, fields, content) => {
    const key = newKey();
    const connection = new Connection(api.server.address);

    connection.send(head(key, ...fields) + content);

    const { status, json } = await connection.answer();
    expect(status).toBe(413);
    expect(json).toMatchObject({ type: "/problems/payload-too-large", retryable: false });
    expect(json.detail).toContain("262144");
    await isFree(key);
  });

  test("is told to an ordinary client that sends up to a mebibyte more", async () => {
    const key = newKey();

    const { stdout } = await sendWithCurl(key, LIMIT + 900_000);

    expect(JSON.parse(stdout)).toMatchObject({ status: 413 });
    await isFree(key);
  });

  // Whether such a client finds the answer before the end of its connection is not promised.
  test("is refused early to a client that sends far more", async () => {
    const key = newKey();

    await sendWithCurl(key, 50_000_000).catch(() => {});

    const refusal = {
      idempotency_key: key,
      message: "Request refused",
      problem: "payload-too-large",
      status: 413,
    };
    expect(await api.logged(refusal)).toHaveLength(1);
    await isFree(key);
  });
});

describe("a client that is still sending when it is refused", () => {
  test.each([
    ["content that is too long", 413, LIMIT + 500_000, {}],
    ["a key that is none", 400, LIMIT, { "X-Idempotency-Key": "invalid" }],
    ["a credential that is none", 401, LIMIT, { Authorization: "Basic YTpi" }],
    ["another content type", 415, LIMIT, { "Content-Type": "text/plain" }],
  ])("for %s finds its answer, and can use the connection again", async (_, expected, length, fields) => {
    const connection = new Connection(api.server.address);
    const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}`);
    const content = '{"name":"n"}'.padEnd(length);
    connection.send(head(newKey(), ...lines, `Content-Length: ${length}`) + content);
    const refused = await connection.answer();

    connection.send(head(newKey(), "Content-Length: 12") + '{"name":"n"}');

    expect(refused.status).toBe(expected);
    expect((await connection.answer()).status).toBe(201);
  });
});

describe("a content that is shorter than its length says", () => {
  test("is refused if nothing more can come", async () => {
    const key = newKey();
    const connection = new Connection(api.server.address);

    connection.send(head(key, "Content-Length: 1000") + '{"name":"n"}');
    connection.end();

    const { status, json } = await connection.answer();
    expect(status).toBe(400);
    expect(json).toMatchObject({ type: "/problems/malformed-json", retryable: false });
    await isFree(key);
  });

  test("is not waited for very long if something might", async () => {
    const key = newKey();
    const connection = new Connection(api.server.address);

    connection.send(head(key, "Content-Length: 1000") + '{"name":"n"}');

    const { status, json } = await connection.answer();
    expect(status).toBe(408);
    expect(json).toMatchObject({ type: "/problems/request-timeout", retryable: true });
    const [line] = await api.logged({ message: "Request refused", problem: "request-timeout" });
    expect(line!.duration_ms).toBeGreaterThanOrEqual(10_000);
    await isFree(key);
  });
});

describe("a content that is longer than its length says", () => {
  test("is what its length says, and the rest is nothing", async () => {
    const key = newKey();
    const connection = new Connection(api.server.address);

    connection.send(head(key, "Content-Length: 12") + '{"name":"n"},"name":"m"}');

    expect((await connection.answer()).status).toBe(201);
    expect(await api.rows(key)).toMatchObject([{ name: "n" }]);
  });
});

describe("JSON", () => {
  test.each([
    ["10,000 members and items", { items: Array(9997).fill(0) }],
    ["a string of 65,536 bytes", { text: "ä".repeat(32_768) }],
    ["a member's name of 65,536 bytes", { ["x".repeat(65_536)]: 0 }],
    ["62 more levels", { deep: JSON.parse("[".repeat(62) + "]".repeat(62)) }],
  ])("may have %s", async (_, metadata) => {
    expect((await api.create(newKey(), { payload: { name: "n", metadata } })).status).toBe(201);
  });

  test("may have a number of 1,000 characters", async () => {
    const payload = `{"name":"n","metadata":{"x":${"1".repeat(1000)}}}`;

    expect((await api.create(newKey(), { payload })).status).toBe(201);
  });

  test.each([
    ["more members and items", "10000", { items: Array(9998).fill(0) }],
    ["a longer string", "65536", { text: "ä".repeat(32_769) }],
    ["a longer member's name", "65536", { ["x".repeat(65_537)]: 0 }],
    ["more levels", "64", { deep: JSON.parse("[".repeat(63) + "]".repeat(63)) }],
  ])("may not have %s", async (_, bound, metadata) => {
    await isRefused({ payload: { name: "n", metadata } }, bound);
  });

  test("may not have a longer number", async () => {
    await isRefused({ payload: `{"name":"n","metadata":{"x":${"1".repeat(1001)}}}` }, "1000");
  });

  async function isRefused(call: Call, bound: string) {
    const key = newKey();

    const answer = await api.create(key, call);

    expect(answer.status).toBe(400);
    expect(answer.json.type).toBe("/problems/malformed-json");
    expect(answer.json.detail).toContain(bound);
    await isFree(key);
  }
});

describe("a header field", () => {
  const READ = [
    "Authorization",
    "Idempotency-Key",
    "X-Idempotency-Key",
    "Content-Type",
    "Content-Encoding",
    "Prefer",
    "User-Agent",
    "Origin",
    "Access-Control-Request-Method",
    "X-Fault",
  ];

  test.each(READ)("that is too long is refused by its name: %s", async (name) => {
    const key = newKey();

    const answer = await api.create(key, { headers: { "X-Idempotency-Key": key, [name]: "x".repeat(8193) } });

    expect(answer.status).toBe(431);
    expect(answer.json).toMatchObject({ type: "/problems/header-fields-too-large", retryable: false });
    expect(answer.json.detail).toContain(`${name} may have 8192 bytes`);
    await isFree(key);
  });

  test("may have 8,192 bytes, and more if nobody reads it", async () => {
    const headers = { Prefer: "x".repeat(8192), Cookie: "x".repeat(10_000) };

    expect((await api.create(newKey(), { headers })).status).toBe(201);
  });

  test("that only names the request is replaced if it is too long", async () => {
    const answer = await api.create(newKey(), { headers: { "X-Correlation-ID": "x".repeat(8193) } });

    expect(answer.status).toBe(201);
    expect(answer.headers.get("X-Correlation-ID")).toHaveLength(36);
  });

  test("that is kept is cut: User-Agent in the audit log, after 512 characters", async () => {
    const userAgent = "b".repeat(512);

    const answer = await api.post(AUDIT_LOG, newKey(), { headers: { "User-Agent": `${userAgent}cut` } });

    expect(answer.json.user_agent).toBe(userAgent);
  });
});

describe("requests that wait for one key", () => {
  test("are a hundred at most, and the others are told to come back at once", async () => {
    const key = newKey();
    const first = api.create(key, { fault: "delay=10000" });
    await api.isRunning(key);
    let conflicts = 0;
    const waiting = Array.from({ length: 120 }, async () => {
      const answer = await api.create(key, { wait: 30 });
      if (answer.status === 409) conflicts++;
      return answer;
    });

    await eventually(() => conflicts === 20);
    const meanwhile = await api.status(key);

    expect(meanwhile.json.status).toBe("PROCESSING");
    const { text } = await first;
    const answered = (await Promise.all(waiting)).filter(({ status }) => status !== 409);
    expect(answered).toHaveLength(100);
    for (const answer of answered) expect(answer).toMatchObject({ status: 201, text });
    expect(await api.rows(key)).toHaveLength(1);
  });
});

describe("an answer that is too long to keep", () => {
  const roomy = serve({ MAX_CONTENT_BYTES: "1048576" });
  const payload = { name: "n", metadata: { long: Array(11).fill("x".repeat(50_000)) } };

  test("is given without its content, the first time and again, and nothing runs twice", async () => {
    const key = newKey();

    const answers = [await roomy.create(key, { payload }), await roomy.create(key, { payload })];

    const [row] = await roomy.rows(key);
    for (const { status, headers, text } of answers) {
      expect([status, text]).toEqual([201, ""]);
      expect(headers.get("X-Idempotency-Content")).toBe("omitted");
      expect(headers.get("Location")).toBe(`${RESOURCES}/${row!.id}`);
      expect(headers.has("Content-Type")).toBe(false);
    }
    expect(answers.map(({ headers }) => headers.get("Idempotent-Replayed"))).toEqual([null, "true"]);
    expect(await roomy.rows(key)).toHaveLength(1);
    expect((await roomy.status(key)).json).toMatchObject({ status: "COMPLETED", attempts: 1 });
  });

  test("can be read where it says, and the log tells of it", async () => {
    const key = newKey();

    const { headers } = await roomy.create(key, { payload });

    expect((await roomy.call(headers.get("Location")!)).json).toMatchObject(payload);
    const [line] = await roomy.logged({ message: "Answer too large to keep", idempotency_key: key });
    expect(line).toMatchObject({ level: "warning", content_bytes: expect.any(Number) });
  });

  test("leaves shorter ones as they are", async () => {
    const shorter = { name: "n", metadata: { long: Array(10).fill("x".repeat(50_000)) } };

    const answer = await roomy.create(newKey(), { payload: shorter });

    expect(answer.json).toMatchObject(shorter);
    expect(answer.headers.has("X-Idempotency-Content")).toBe(false);
  });
});

/** No request has used the key, and one may. */
async function isFree(key: string) {
  expect((await api.status(key)).status).toBe(404);
  expect((await api.create(key)).headers.has("Idempotent-Replayed")).toBe(false);
  expect(await api.rows(key)).toHaveLength(1);
}

/** The head of a keyed request. A field that is given takes the place of the usual one. */
function head(key: string, ...given: string[]): string {
  const name = (field: string) => field.split(":")[0];
  const usual = ["Host: localhost", "Content-Type: application/json", `X-Idempotency-Key: ${key}`];
  const others = usual.filter((field) => !given.some((other) => name(other) === name(field)));
  return [`POST ${RESOURCES} HTTP/1.1`, ...others, ...given, "", ""].join("\r\n");
}

/** The first chunk of a content, with so many bytes. */
function chunk(bytes: number): string {
  return `${bytes.toString(16)}\r\n${" ".repeat(bytes)}\r\n`;
}

/** Sends a content of so many bytes, in chunks. */
function sendWithCurl(key: string, bytes: number) {
  const fields = ["Content-Type: application/json", `X-Idempotency-Key: ${key}`, "Expect:"];
  const curl = `curl -s -X POST -T - ${fields.map((field) => `-H '${field}'`).join(" ")}`;
  return run("bash", [
    "-c",
    `head -c ${bytes} /dev/zero | ${curl} ${new URL(RESOURCES, api.server.address)}`,
  ]);
}
