// Problems: what each of them looks like, and that a request refused before it starts leaves its key free.

import { describe, expect, test } from "vitest";
import {
  type Answer,
  type Call,
  AUDIT_LOG,
  type Client,
  eventually,
  newKey,
  PAYLOADS,
  RESOURCES,
  serve,
  TRANSACTIONS,
} from "../harness/client.ts";
import { objectName, overwrite } from "../harness/objects.ts";

const api = serve();

const TEXT: Call = { headers: { "Content-Type": "text/plain" } };
const PACKED: Call = { headers: { "Content-Type": "application/json", "Content-Encoding": "gzip" } };
const LONG_FIELD: Call = { headers: { Prefer: "x".repeat(8193) } };
const tooMuch = () => `{"name":"${"x".repeat(256 * 1024)}"}`;

type Cause = (api: Client, key: string) => Promise<Answer>;

/** Each problem that a request can run into, and how. */
const PROBLEMS: [slug: string, status: number, retryable: boolean, cause: Cause][] = [
  ["idempotency-key-missing", 400, false, (api) => api.call(RESOURCES, { method: "POST", payload: {} })],
  ["idempotency-key-invalid", 400, false, (api) => api.create("invalid-key")],
  ["idempotency-key-conflict", 400, false, (api, key) => api.create(key, both(newKey()))],
  ["request-mismatch", 400, false, mismatch()],
  ["request-mismatch", 422, false, mismatch({ standard: true })],
  ["operation-in-progress", 409, true, conflict],
  ["malformed-json", 400, false, (api, key) => api.create(key, { payload: "{" })],
  ["validation-failed", 422, false, (api, key) => api.create(key, { payload: {} })],
  ["unsupported-media-type", 415, false, (api, key) => api.create(key, TEXT)],
  ["unsupported-media-type", 415, false, (api, key) => api.create(key, PACKED)],
  ["payload-too-large", 413, false, (api, key) => api.create(key, { payload: tooMuch() })],
  ["header-fields-too-large", 431, false, (api, key) => api.create(key, LONG_FIELD)],
  ["not-found", 404, false, (api) => api.call("/nowhere")],
  ["method-not-allowed", 405, false, (api) => api.call("/health", { method: "DELETE" })],
  ["unauthorized", 401, false, (api, key) => api.create(key, { headers: { Authorization: "Basic YTpi" } })],
  ["forbidden", 403, false, preflight],
  ["operation-failed", 503, true, (api, key) => api.create(key, { fault: "fail-before" })],
  ["service-unavailable", 503, true, (api, key) => api.create(key, { fault: "abort-before" })],
];

describe.each(PROBLEMS)("%s with %i", (slug, status, retryable, cause) => {
  test("is told as problem+json, and its page answers", async () => {
    const answer = await cause(api, newKey());

    expectProblem(answer, slug, status, retryable);
    expect((await api.call(answer.json.type)).status).toBe(200);
  });
});

describe("internal-error with 500", () => {
  test("is told of a record that cannot be read, and nothing is done a second time", async () => {
    const key = newKey();
    await api.create(key);
    const copy = `replay/1/${objectName(key)}`;
    const kv = await api.server.kv();
    await eventually(async () => (await kv.get(copy)) !== null);
    await kv.delete(copy);
    const spoil = (stored: string) => stored.replace(/"digest":"../, '"digest":"--');
    await api.server.restart(() => overwrite(api.server, objectName(key), spoil));

    const answers = [await api.create(key), await api.create(key, { wait: 5 })];

    for (const answer of answers) expectProblem(answer, "internal-error", 500, false);
    expect(answers[0]!.text).not.toContain("digest");
    await api.logged({ level: "error", idempotency_key: key, message: "Service needs attention" });
    expect(await api.rows(key)).toHaveLength(1);
  });
});

describe("a refusal", () => {
  test.each<[keyof typeof PAYLOADS, unknown]>([
    [RESOURCES, "s3cret"],
    [RESOURCES, ["s3cret"]],
    [RESOURCES, { name: ["s3cret"] }],
    [RESOURCES, { name: "s3cret".repeat(20) }],
    [RESOURCES, { name: "n", description: { s3cret: 1 } }],
    [RESOURCES, { name: "n", metadata: "s3cret" }],
    [TRANSACTIONS, { amount: "s3cret", description: "d" }],
    [TRANSACTIONS, { amount: 1, currency: "s3cret", description: "d" }],
    [AUDIT_LOG, { user_id: "u", action: "s3cret", details: {} }],
    [AUDIT_LOG, { user_id: "u", action: "login", details: {}, timestamp: "s3cret" }],
    [AUDIT_LOG, { user_id: { s3cret: "s3cret" }, action: "login", details: {} }],
  ])(
    "of %s with %j neither repeats what was sent nor names what it is in the code",
    async (path, payload) => {
      const answer = await api.post(path, newKey(), { payload: JSON.stringify(payload) });

      expect(answer.status).toBe(422);
      expect(answer.text).not.toContain("s3cret");
      expect(answer.text).not.toMatch(/struct|variant|invalid type|sequence|Input\b/);
    },
  );
});

describe("Retry-After", () => {
  test("is given in whole seconds wherever a retry may do, and nowhere else", async () => {
    for (const [slug, status, , cause] of PROBLEMS) {
      const { headers } = await cause(api, newKey());

      const expected = [409, 429, 503].includes(status) ? expect.stringMatching(/^[1-9]\d*$/) : null;
      expect([slug, headers.get("Retry-After")]).toEqual([slug, expected]);
    }
  });
});

describe("a path's methods", () => {
  test.each([
    [RESOURCES, "GET", "POST"],
    [RESOURCES, "PUT", "POST"],
    [TRANSACTIONS, "PATCH", "POST"],
    ["/api/audit/log", "DELETE", "POST"],
    [`${RESOURCES}/7`, "POST", "GET"],
    ["/api/audit/logs", "POST", "GET"],
    [`/api/v1/operations/idempotency/${newKey()}`, "DELETE", "GET"],
    ["/health", "POST", "GET"],
  ])("of %s do not include %s but %s, as Allow says", async (path, method, allowed) => {
    const answer = await api.call(path, { method });

    expect(answer.status).toBe(405);
    expect(answer.headers.get("Allow")!.split(", ")).toContain(allowed);
    expect(answer.headers.get("Allow")!.split(", ")).not.toContain(method);
  });

  test("are listed for OPTIONS", async () => {
    const answer = await api.call(RESOURCES, { method: "OPTIONS" });

    expect(answer.status).toBe(204);
    expect(answer.headers.get("Allow")!.split(", ")).toContain("POST");
  });

  test.each(["/docs/", "/nowhere", `${RESOURCES}/`, `${RESOURCES}/7/8`, "/API/audit/logs"])(
    "are not asked for where there is no path, such as %s",
    async (path) => {
      const answers = [await api.call(path), await api.call(path, { method: "POST", payload: {} })];

      expect(answers.map((answer) => answer.status)).toEqual([404, 404]);
      expect(answers[0]!.json.detail).toContain("/docs shows all paths");
    },
  );
});

describe("a key of a refused request", () => {
  const REFUSED: [string, Call][] = [
    ["malformed JSON", { payload: "{" }],
    ["a broken rule", { payload: { name: "" } }],
    ["another content type", TEXT],
    ["an encoded content", PACKED],
    ["too much content", { payload: tooMuch() }],
    ["a wrong credential", { headers: { Authorization: "Basic YTpi" } }],
    ["another method", { method: "PUT" }],
    ["an unknown fault", { fault: "nonsense" }],
  ];

  test.each(REFUSED)("is free after %s", async (_, call) => {
    const key = newKey();
    const refused = await api.create(key, call);

    const unused = await api.status(key);
    const corrected = await api.create(key);

    expect(refused.status).toBeGreaterThanOrEqual(400);
    expect(refused.status).toBeLessThan(500);
    expect(unused.status).toBe(404);
    expect(corrected.status).toBe(201);
    expect(corrected.headers.has("Idempotent-Replayed")).toBe(false);
  });

  test("keeps its answer if it had one", async () => {
    const key = newKey();
    const first = await api.create(key);
    await api.create(key, { payload: "{" });
    await api.create(key, { payload: {} });

    const retry = await api.create(key);

    expect(retry.text).toBe(first.text);
  });
});

function expectProblem(answer: Answer, slug: string, status: number, retryable: boolean) {
  expect(answer.status).toBe(status);
  expect(answer.headers.get("Content-Type")).toBe("application/problem+json");
  expect(answer.headers.get("Cache-Control")).toBe("no-store");
  expect(answer.json).toMatchObject({
    type: `/problems/${slug}`,
    title: expect.stringMatching(/\w/),
    status,
    detail: expect.stringMatching(/\w/),
    correlation_id: answer.headers.get("X-Correlation-ID"),
    retryable,
  });
}

function mismatch({ standard = false } = {}): Cause {
  return async (api, key) => {
    await api.create(key);
    return api.create(key, { payload: { name: "another" }, ...(standard && { standardKey: key }) });
  };
}

async function conflict(api: Client, key: string) {
  const first = api.create(key, { fault: "delay=2000" });
  await api.isRunning(key);
  const second = await api.create(key);
  await first;
  return second;
}

function preflight(api: Client) {
  const headers = { Origin: "https://elsewhere.example", "Access-Control-Request-Method": "POST" };
  return api.call(RESOURCES, { method: "OPTIONS", headers });
}

function both(other: string): Call {
  return { headers: { "Idempotency-Key": other } };
}
