// Who may call: API tokens, and what a service says that nobody, or everybody, may call.

import { execFileSync } from "node:child_process";
import { request } from "node:http";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { AUDIT_LOG, AUDIT_LOGS, Client, newKey, RESOURCES, TRANSACTIONS } from "../harness/client.ts";
import { startServer, type Variables } from "../harness/server.ts";
import { makeToken } from "../harness/tokens.ts";

const KEY_STATUS = "/api/v1/operations/idempotency";
const EXAMPLE = "/api/v1/operations/idempotency-example";

const shop = makeToken("shop");
const shopNext = makeToken("shop");
const other = makeToken("other");
const operator = makeToken("ops", "operator");

const api = new Client();
beforeAll(async () => {
  const tokens = [shop, shopNext, other, operator].map(({ stored }) => stored);
  api.server = await startServer({ AUTH: "on", API_TOKENS: JSON.stringify(tokens) });
});
afterAll(() => api.server.stop());

describe("without a token that is known", () => {
  const routes: [string, string][] = [
    ["POST", RESOURCES],
    ["GET", `${RESOURCES}/${newKey()}`],
    ["POST", TRANSACTIONS],
    ["GET", `${TRANSACTIONS}/txn_0000000000000000`],
    ["POST", AUDIT_LOG],
    ["GET", AUDIT_LOGS],
    ["GET", `${KEY_STATUS}/${newKey()}`],
    ["GET", EXAMPLE],
  ];

  test.each(routes)("nobody gets through %s %s", async (method, path) => {
    const headers = { "X-Idempotency-Key": newKey() };
    const payload = method === "POST" ? { name: "Lathe" } : undefined;

    const anonymous = await api.call(path, { method, headers, payload });
    const unknown = await api.call(path, { method, headers, payload, as: shop.token.slice(0, -1) });

    expect([anonymous.status, unknown.status]).toEqual([401, 401]);
    expect(anonymous.headers.get("WWW-Authenticate")).toBe("Bearer");
    expect(unknown.headers.get("WWW-Authenticate")).toBe('Bearer error="invalid_token"');
    expect(unknown.json).toMatchObject({ type: "/problems/unauthorized", retryable: false });
  });

  test("a digest is no token", async () => {
    expect((await api.create(newKey(), { as: shop.stored.sha256 })).status).toBe(401);
  });

  test("a key is not touched", async () => {
    const key = newKey();
    await api.create(key);
    await api.create(key, { as: "made-up" });

    const first = await api.create(key, { as: shop.token });

    expect(first.status).toBe(201);
    expect(first.headers.has("Idempotent-Replayed")).toBe(false);
    expect(await api.rows(key)).toHaveLength(1);
  });

  test.each(["/health", "/problems/unauthorized"])("everybody gets through to %s", async (path) => {
    expect((await api.call(path)).status).toBe(200);
  });
});

describe("a client", () => {
  test("keeps its replays when its token is rotated", async () => {
    const key = newKey();
    const first = await api.create(key, { as: shop.token });

    const replay = await api.create(key, { as: shopNext.token });

    expect(replay.text).toBe(first.text);
    expect(replay.headers.get("Idempotent-Replayed")).toBe("true");
    expect((await api.call(`${RESOURCES}/${first.json.id}`, { as: shopNext.token })).text).toBe(first.text);
  });

  test("has nothing to do with another one's keys, resources, transactions and entries", async () => {
    const key = newKey();
    const resource = await api.create(key, { as: shop.token });
    const transaction = await api.post(TRANSACTIONS, newKey(), { as: shop.token });
    await api.post(AUDIT_LOG, newKey(), { as: shop.token });

    for (const [foreign, absent] of [
      [`${RESOURCES}/${resource.json.id}`, `${RESOURCES}/${newKey()}`],
      [`${TRANSACTIONS}/${transaction.json.id}`, `${TRANSACTIONS}/txn_0123456789abcdef`],
      [`${KEY_STATUS}/${key}`, `${KEY_STATUS}/${newKey()}`],
    ] as const) {
      const told = await api.call(foreign, { as: other.token, headers: { "X-Correlation-ID": "one" } });
      const toldOfNothing = await api.call(absent, {
        as: other.token,
        headers: { "X-Correlation-ID": "one" },
      });
      expect(told.status).toBe(404);
      expect(told.text).toBe(toldOfNothing.text);
      expect(headerNames(told.headers)).toEqual(headerNames(toldOfNothing.headers));
    }
    expect((await api.call(AUDIT_LOGS, { as: other.token })).json).toEqual([]);
    expect((await api.create(key, { as: other.token })).json.id).not.toBe(resource.json.id);
  });

  test("is told which command to run with its token", async () => {
    const { json } = await api.call(EXAMPLE, { as: shop.token });
    const run = (program: string, ...args: string[]) =>
      execFileSync(program, args, { encoding: "utf8", env: { ...process.env, API_TOKEN: shop.token } });

    expect(run("sh", "-c", json.examples.curl.create_resource)).toContain("201 Created");
    expect(run("python3", "-c", json.examples.python.create_resource)).toContain("the same again 201 true");
  });
});

describe("an operator", () => {
  test("sees what became of a client's key; a client does not, whether there is one or not", async () => {
    const key = newKey();
    await api.create(key, { as: shop.token });

    const seen = await api.call(`${KEY_STATUS}/${key}?client=shop`, { as: operator.token });
    const others = await api.call(`${KEY_STATUS}/${key}?client=other`, { as: operator.token });
    const refused = await api.call(`${KEY_STATUS}/${key}?client=shop`, { as: other.token });
    const own = await api.call(`${KEY_STATUS}/${key}?client=shop`, { as: shop.token });

    expect(seen.json).toMatchObject({ idempotency_key: key, status: "COMPLETED" });
    expect(others.status).toBe(404);
    for (const answer of [refused, own]) {
      expect(answer.status).toBe(403);
      expect(answer.json).toMatchObject({ type: "/problems/forbidden", retryable: false });
    }
  });

  test("is a caller of its own otherwise", async () => {
    const key = newKey();
    await api.create(key, { as: shop.token });

    expect((await api.status(key, { as: operator.token })).status).toBe(404);
    expect((await api.create(key, { as: operator.token })).headers.has("Idempotent-Replayed")).toBe(false);
  });
});

describe("a service without credentials", () => {
  test.each<[string, Variables]>([
    ["nothing is set", {}],
    ["there is an empty list", { API_TOKENS: "[]" }],
  ])("lets nobody in and says what to set: %s", async (_, vars) => {
    const closed = await serveWith({ AUTH: "", ...vars });
    const key = newKey();

    const answers = [
      await closed.create(key),
      await closed.create(key, { as: shop.token }),
      await closed.status(key),
    ];

    for (const answer of answers) {
      expect(answer.status).toBe(503);
      expect(answer.json.detail).toContain("API_TOKENS");
    }
    const [line] = await closed.logged({ level: "error", message: "Service needs attention" });
    expect(line!.reason).toContain("API_TOKENS");
    expect((await closed.call("/health")).status).toBe(200);
    expect(await closed.rows(key)).toHaveLength(0);
  });
});

describe("a wrong credential variable", () => {
  const { stored } = shop;
  test.each<[string, Variables[string]]>([
    ["API_TOKENS", shop.token],
    ["API_TOKENS", "{}"],
    ["API_TOKENS", JSON.stringify([{ ...stored, sha256: stored.sha256.slice(1) }])],
    ["API_TOKENS", JSON.stringify([{ ...stored, sha256: `+${stored.sha256.slice(1)}` }])],
    ["API_TOKENS", JSON.stringify([{ ...stored, role: "admin" }])],
    ["API_TOKENS", JSON.stringify([{ ...stored, client: "" }])],
    ["API_TOKENS", JSON.stringify([{ ...stored, expires: "2030" }])],
    ["API_TOKENS", JSON.stringify([stored, { ...stored, client: "other" }])],
    ["AUTH", "perhaps"],
    ["JWT_ISSUER", "https://id.example"],
  ])("is refused by its name and not repeated: %s, %#", async (name, value) => {
    const broken = await serveWith({ AUTH: "on", [name]: value });

    const answer = await broken.create(newKey());

    expect(answer.status).toBe(503);
    expect(answer.json.detail).toContain(name);
    expect(answer.text).not.toContain(String(value));
  });
});

describe("a deployment with a variable of local development", () => {
  test.each<[string, Variables]>([
    ["AUTH", { AUTH: "off" }],
    ["FAULT_INJECTION", { AUTH: "on", API_TOKENS: JSON.stringify([shop.stored]), FAULT_INJECTION: "on" }],
    [
      "JWT_JWKS_URL",
      { AUTH: "on", JWT_ISSUER: "i", JWT_AUDIENCE: "a", JWT_JWKS_URL: "http://localhost:1/keys" },
    ],
    [
      "CORS_ALLOWED_ORIGINS",
      {
        AUTH: "on",
        API_TOKENS: JSON.stringify([shop.stored]),
        CORS_ALLOWED_ORIGINS: "https://shop.example,http://localhost:*",
      },
    ],
  ])("refuses to serve: %s", async (name, vars) => {
    const local = await serveWith(vars);

    const deployed = await callAs("api.shop.example", local, "/health");
    const spoofed = await callAs("localhost.shop.example", local, "/health");

    for (const answer of [deployed, spoofed]) {
      expect(answer.status).toBe(503);
      expect(JSON.parse(answer.text).detail).toContain(name);
    }
    expect((await local.call("/health")).status).toBe(200);
  });

  test("serves without it", async () => {
    expect((await callAs("api.shop.example", api, "/health")).status).toBe(200);
  });
});

async function serveWith(vars: Variables) {
  const client = new Client();
  client.server = await startServer(vars);
  onTestFinished(() => client.server.stop());
  return client;
}

/** A request to the service as if `host` were its name; fetch does not let a client say so. */
function callAs(host: string, { server }: Client, path: string) {
  return new Promise<{ status: number; text: string }>((resolve, reject) => {
    request(new URL(path, server.address), { headers: { Host: host } }, (response) => {
      let text = "";
      response.on("data", (chunk) => (text += chunk));
      response.on("end", () => resolve({ status: response.statusCode!, text }));
    })
      .on("error", reject)
      .end();
  });
}

const headerNames = (headers: Headers) => [...headers.keys()].sort();
