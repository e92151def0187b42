// JSON Web Tokens: whom they let in, and what does not get through with one.

import { createHmac } from "node:crypto";
import { exportSPKI, importJWK, type JWTPayload } from "jose";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { type Answer, Client, eventually, newKey } from "./client.ts";
import {
  ALGORITHMS,
  AUDIENCE,
  type Algorithm,
  ISSUER,
  Issuer,
  makeKey,
  sign,
  type SigningKey,
} from "./issuer.ts";
import { startServer } from "./server.ts";
import type { Stalled } from "./stalled.ts";
import { makeToken } from "./tokens.ts";

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

describe("the issuer", () => {
  test("may rotate its keys: a new one is fetched, and what it publishes is kept", async () => {
    const rotating = await trusted();
    const [first, second] = [await makeKey("ES256", "first"), await makeKey("ES256", "second")];
    rotating.issuer.published = [first.public];
    const before = await rotating.api.create(newKey(), { as: await sign(first) });
    const again = await rotating.api.create(newKey(), { as: await sign(first) });
    rotating.issuer.published = [second.public];

    const after = await rotating.api.create(newKey(), { as: await sign(second) });
    const withdrawn = await rotating.api.create(newKey(), { as: await sign(first) });

    expect([before.status, again.status, after.status]).toEqual([201, 201, 201]);
    expect(withdrawn.status).toBe(401);
    expect(rotating.issuer.asked).toHaveLength(3);
  });

  test("is not asked again and again for keys that it does not have", async () => {
    const busy = await trusted();
    busy.issuer.published = [keys.RS256.public];
    await busy.api.create(newKey(), { as: await sign(keys.RS256) });

    for (let unknown = 0; unknown < 5; unknown++)
      expectRefusal(
        await busy.api.create(newKey(), { as: await sign(await makeKey("EdDSA", `${unknown}`)) }),
      );

    expect(busy.issuer.asked).toHaveLength(2);
    expect((await busy.api.create(newKey(), { as: await sign(keys.RS256) })).status).toBe(201);
  });

  test("is asked once by many requests at the same time, whether their tokens are good or made up", async () => {
    const crowded = await trusted();
    crowded.issuer.published = [keys.RS256.public];
    const [good, forged] = [await sign(keys.RS256), await sign(await makeKey("EdDSA", "forged"))];
    const crowd = (as: string) =>
      Promise.all(Array.from({ length: 50 }, () => crowded.api.create(newKey(), { as })));

    const letIn = await crowd(good);
    const refused = await crowd(forged);

    expect(letIn.every(({ status }) => status === 201)).toBe(true);
    refused.forEach(expectRefusal);
    expect(crowded.issuer.asked).toHaveLength(2);
  });

  test.each([
    ["is broken", { status: 500 }],
    ["points elsewhere", { status: 302, headers: { Location: "http://127.0.0.1:1/keys" } }],
  ])("that %s makes the service unavailable, and leaves the key free", async (_, broken) => {
    const away = await trusted();
    away.issuer.broken = broken;
    const key = newKey();

    const answer = await away.api.create(key, { as: await sign(keys.RS256) });

    expect(answer.status).toBe(503);
    expect(answer.json).toMatchObject({ type: "/problems/service-unavailable", retryable: true });
    expect(answer.headers.get("Retry-After")).toBeTruthy();
    await away.api.logged({ level: "warning", message: "Issuer's keys not available" });
    expect(await away.api.rows(key)).toHaveLength(0);
  });

  test("that is slow does not make a token last longer", async () => {
    const slow = await trusted();
    slow.issuer.published = [keys.ES256.public];
    // Thirty seconds of leeway, of which one or two are left.
    const exp = inSeconds(-28);
    slow.issuer.before = () => eventually(() => Date.now() >= (exp + 30) * 1000);

    const answer = await slow.api.create(newKey(), { as: await sign(keys.ES256, { exp }) });

    expectRefusal(answer);
    expect(answer.json.detail).toContain("expired");
  });

  test("may publish keys that cannot be used beside those that can", async () => {
    const mixed = await trusted();
    const broken = [
      { ...keys.EdDSA.public, x: "AAAA", kid: "short" },
      { ...keys.ES256.public, x: keys.ES256.public.y!, kid: "off the curve" },
      { ...keys.RS256.public, e: "AQ", kid: "exponent 1" },
    ];
    mixed.issuer.published = [...broken, keys.EdDSA.public];

    const taken = await mixed.api.create(newKey(), { as: await sign(keys.EdDSA) });
    const untaken = await mixed.api.create(newKey(), {
      as: await sign({ ...keys.ES256, kid: "off the curve" }),
    });

    expect(taken.status).toBe(201);
    expectRefusal(untaken);
  });

  test.each<[Stalled, RegExp]>([
    ["silent", /within 5000 ms/],
    ["unfinished", /within 5000 ms/],
    ["endless", /more than 65536 bytes/],
  ])("that is %s makes the service unavailable, and is hung up on", async (stalled, reason) => {
    const away = await trusted();
    away.issuer.stalled = stalled;
    const key = newKey();

    const answer = await away.api.create(key, { as: await sign(keys.RS256) });

    expect(answer.status).toBe(503);
    expect(answer.json).toMatchObject({ type: "/problems/service-unavailable", retryable: true });
    const [line] = await away.api.logged({ level: "warning", message: "Issuer's keys not available" });
    expect(line!.reason).toMatch(reason);
    await eventually(() => away.issuer.listening === 0);
    expect(away.issuer.sent_bytes).toBeLessThan(16 * 1024 * 1024);
  });

  test("may publish keys of other kinds beside those that are taken", async () => {
    const mixed = await trusted();
    const weak = { ...keys.RS256.public, kid: "weak", n: keys.RS256.public.n!.slice(0, 100) };
    const odd = [{ kty: "oct", k: "AAAA", kid: "hmac" }, { kty: "EC", crv: "P-521", kid: "x" }, { kty: 7 }];
    mixed.issuer.published = [
      ...(odd as never[]),
      weak,
      { ...keys.RS256.public, use: "enc", kid: "enc" },
      keys.ES256.public,
    ];

    const taken = await mixed.api.create(newKey(), { as: await sign(keys.ES256) });
    const forEncryption = await mixed.api.create(newKey(), { as: await sign({ ...keys.RS256, kid: "enc" }) });

    expect(taken.status).toBe(201);
    expectRefusal(forEncryption);
  });

  /** A service with an issuer of its own. */
  async function trusted() {
    const own = new Issuer();
    const client = new Client();
    client.server = await startServer({ ...(await own.start()) });
    onTestFinished(async () => {
      await client.server.stop();
      own.stop();
    });
    return { issuer: own, api: client };
  }
});

function expectRefusal(answer: Answer) {
  expect(answer.status).toBe(401);
  expect(answer.json).toMatchObject({ type: "/problems/unauthorized", retryable: false });
  expect(answer.headers.get("WWW-Authenticate")).toBe('Bearer error="invalid_token"');
}
