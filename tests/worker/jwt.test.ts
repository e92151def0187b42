// JSON Web Tokens: whom they let in, and what does not get through with one.

import { createHmac } from "node:crypto";
import { exportSPKI, importJWK, type JWTPayload } from "jose";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { Client, newKey } from "../harness/client.ts";
import {
  ALGORITHMS,
  AUDIENCE,
  type Algorithm,
  expectRefusal,
  ISSUER,
  Issuer,
  makeKey,
  sign,
  type SigningKey,
} from "../harness/issuer.ts";
import { startServer } from "../harness/server.ts";
import { makeToken } from "../harness/tokens.ts";

const issuer = new Issuer();
const api = new Client();
const keys = {} as Record<Algorithm, SigningKey>;
let vars: Record<string, string>;

beforeAll(async () => {
  vars = await issuer.start();
  for (const algorithm of ALGORITHMS) keys[algorithm] = await makeKey(algorithm, `key-${algorithm}`);
  issuer.published = Object.values(keys).map((key) => key.public);
  api.server = await startServer(vars);
});
afterAll(async () => {
  await api.server.stop();
  issuer.stop();
});

const inSeconds = (seconds: number) => Math.floor(Date.now() / 1000) + seconds;

describe("a token", () => {
  test.each(ALGORITHMS)("signed with %s lets its subject in", async (algorithm) => {
    const answer = await api.create(newKey(), { as: await sign(keys[algorithm]) });

    expect(answer.status).toBe(201);
  });

  test("is taken without a key id, and with an audience among several", async () => {
    const claims = { aud: ["https://other.example", AUDIENCE] };

    const answer = await api.create(newKey(), { as: await sign(keys.ES256, claims, { kid: undefined }) });

    expect(answer.status).toBe(201);
  });

  test("of the same subject is the same caller, whatever it is signed with", async () => {
    const key = newKey();
    const first = await api.create(key, { as: await sign(keys.RS256) });

    const replay = await api.create(key, { as: await sign(keys.EdDSA) });
    const bobs = await api.create(key, { as: await sign(keys.RS256, { sub: "bob" }) });

    expect(replay.text).toBe(first.text);
    expect(replay.headers.get("Idempotent-Replayed")).toBe("true");
    expect(bobs.status).toBe(201);
    expect(bobs.json.id).not.toBe(first.json.id);
  });

  test("names its subject so that the log tells it from a client with the same id", async () => {
    const ann = makeToken("ann");
    const both = new Client();
    both.server = await startServer({ ...vars, API_TOKENS: JSON.stringify([ann.stored]) });
    onTestFinished(() => both.server.stop());
    const [clients, subjects] = [newKey(), newKey()];

    await both.create(clients, { as: ann.token });
    await both.create(subjects, { as: await sign(keys.RS256, { sub: "ann" }) });

    const callers = async (idempotency_key: string) => {
      const lines = await both.logged({ idempotency_key, message: "Returning first result" });
      return lines.map(({ caller }) => caller);
    };
    expect(await callers(clients)).toEqual(["ann"]);
    expect(await callers(subjects)).toEqual(["subject ann"]);
  });

  test("cannot ask for what operators may", async () => {
    const answer = await api.call(`/api/v1/operations/idempotency/${newKey()}?client=shop`, {
      as: await sign(keys.RS256, { role: "operator" }),
    });

    expect(answer.status).toBe(403);
  });
});

describe("claims", () => {
  test.each<[string, JWTPayload]>([
    ["another issuer", { iss: "https://id.example.evil/" }],
    ["another audience", { aud: "https://other.example" }],
    ["no audience", { aud: undefined }],
    ["no subject", { sub: undefined }],
    ["an empty subject", { sub: "" }],
    ["no expiry", { exp: undefined }],
    ["an expiry that is no number", { exp: "never" as unknown as number }],
  ])("with %s are refused", async (_, claims) => {
    expectRefusal(await api.create(newKey(), { as: await sign(keys.RS256, claims) }));
  });

  test("that have expired say so, and those that are not valid yet", async () => {
    const expired = await api.create(newKey(), { as: await sign(keys.RS256, { exp: inSeconds(-60) }) });
    const early = await api.create(newKey(), { as: await sign(keys.RS256, { nbf: inSeconds(60) }) });
    const leeway = await api.create(newKey(), { as: await sign(keys.RS256, { exp: inSeconds(-5) }) });

    expectRefusal(expired);
    expect(expired.json.detail).toContain("expired");
    expectRefusal(early);
    expect(early.json.detail).toContain("not valid yet");
    expect(leeway.status).toBe(201);
  });
});

describe("a forged token is refused", () => {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");

  test("whatever algorithm it claims", async () => {
    const [header, claims, signature] = (await sign(keys.RS256)).split(".") as [string, string, string];
    const kid = keys.RS256.kid;
    const pem = await exportSPKI((await importJWK(keys.RS256.public, "RS256")) as CryptoKey);
    const unsigned = `${part({ alg: "none", kid })}.${claims}`;
    const hmac = `${part({ alg: "HS256", kid })}.${claims}`;
    const mac = createHmac("sha256", pem).update(hmac).digest("base64url");
    const forged = [
      `${unsigned}.`,
      `${unsigned}.${signature}`,
      `${part({ alg: "NONE", kid })}.${claims}.`,
      `${hmac}.${mac}`,
      `${part({ alg: "ES256", kid })}.${claims}.${signature}`,
      `${part({ alg: "RS512", kid })}.${claims}.${signature}`,
      `${header}.${part({ iss: ISSUER, aud: AUDIENCE, sub: "root", exp: inSeconds(300) })}.${signature}`,
      `${header}.${claims}.${signature.slice(0, -4)}AAAA`,
      `${header}.${claims}.`,
      `${header}.${claims}`,
      `.${claims}.${signature}`,
    ];

    for (const token of forged) {
      const answer = await api.create(newKey(), { as: token });
      expect(answer.status, token).toBe(401);
    }
  });

  test.each(ALGORITHMS)("however long its signature is, with %s", async (algorithm) => {
    const signed = (await sign(keys[algorithm])).replace(/[^.]*$/, "");

    for (const bytes of [0, 1, 32, 63, 64, 65, 255, 256, 257, 2000]) {
      const signature = Buffer.alloc(bytes, 1).toString("base64url");
      const answer = await api.create(newKey(), { as: signed + signature });
      expect(answer.status, `${bytes} bytes`).toBe(401);
      expectRefusal(answer);
    }
    expect(api.server.logs.filter(({ message }) => message === "Issuer's keys not available")).toEqual([]);
  });

  test("even if it brings its own key, or says where to get it", async () => {
    const own = await makeKey("ES256", keys.ES256.kid);
    const evil = new Issuer();
    evil.published = [own.public];
    const { JWT_JWKS_URL: jku } = await evil.start();
    onTestFinished(() => evil.stop());

    for (const header of [{}, { jwk: own.public }, { jku }, { x5u: jku }])
      expectRefusal(await api.create(newKey(), { as: await sign(own, {}, header) }));
    expect(evil.asked).toEqual([]);
  });

  test("if it has extensions that must be understood", async () => {
    const token = await sign(keys.ES256, {}, { crit: ["x-must"], "x-must": 1 });

    expectRefusal(await api.create(newKey(), { as: token }));
  });

  test("and told no more than that, before its signature is right", async () => {
    const own = await makeKey("ES256", keys.ES256.kid);

    const answer = await api.create(newKey(), { as: await sign(own, { exp: inSeconds(-60) }) });

    expectRefusal(answer);
    expect(answer.json.detail).not.toContain("expired");
  });

  test("and its key stays free", async () => {
    const key = newKey();
    const own = await makeKey("ES256", keys.ES256.kid);
    await api.create(key, { as: await sign(own) });

    const honest = await api.create(key, { as: await sign(keys.ES256) });

    expect(honest.status).toBe(201);
    expect(honest.headers.has("Idempotent-Replayed")).toBe(false);
  });
});
