// JSON Web Tokens that an isolate has checked before: it believes them no longer than it would if it checked them again.

import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { Client, newKey } from "../harness/client.ts";
import { change } from "../harness/instance.ts";
import { expectRefusal, Issuer, makeKey, sign, type SigningKey } from "../harness/issuer.ts";
import { startServer } from "../harness/server.ts";

const MINUTE_S = 60;
let key: SigningKey;
let next: SigningKey;

beforeAll(async () => {
  [key, next] = await Promise.all([makeKey("ES256", "first"), makeKey("ES256", "next")]);
});

const inSeconds = (seconds: number) => Math.floor(Date.now() / 1000) + seconds;

describe("the signature of a token", () => {
  test("is checked once, however often the token is sent", async () => {
    const { create, verifications } = await trusted();
    const [ann, bob] = [await sign(key), await sign(key, { sub: "bob" })];
    const idempotencyKey = newKey();

    const answers = [];
    for (const as of [ann, ann, bob, ann, bob]) answers.push(await create(as, idempotencyKey));

    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201, 201, 201]);
    const [anns, , bobs] = answers.map(({ json }) => json.id);
    expect(answers.map(({ json }) => json.id)).toEqual([anns, anns, bobs, anns, bobs]);
    expect(anns).not.toBe(bobs);
    expect(await verifications()).toBe(2);
  });

  test("is checked each time if it is wrong, or if the token does not count", async () => {
    const { create, verifications } = await trusted();
    const forged = await sign({ ...next, kid: key.kid });
    const expired = await sign(key, { exp: inSeconds(-MINUTE_S) });
    const others = await sign(key, { aud: "https://other.example" });

    for (const token of [forged, expired, others])
      for (let time = 0; time < 2; time++) expectRefusal(await create(token));

    expect(await verifications()).toBe(6);
  });

  test("is not taken for that of a token that is almost the same", async () => {
    const { create } = await trusted();
    const token = await sign(key);
    const [header, , signature] = token.split(".");
    const [, roots] = (await sign(key, { sub: "root" })).split(".");
    expect((await create(token)).status).toBe(201);

    for (const forged of [`${header}.${roots}.${signature}`, `${token.slice(0, -4)}AAAA`, `${token}A`])
      expectRefusal(await create(forged));
  });
});

describe("a token that was checked", () => {
  test("is refused as soon as it has expired", async () => {
    const { create, later, verifications } = await trusted();
    const token = await sign(key, { exp: inSeconds(300) });
    await create(token);

    await later(320);
    const leeway = await create(token);
    await later(10);
    const expired = await create(token);

    expect(leeway.status).toBe(201);
    expect(await verifications()).toBe(2);
    expectRefusal(expired);
    expect(expired.json.detail).toContain("expired");
  });

  test("is refused as soon as keys without its own are fetched", async () => {
    const { create, issuer } = await trusted();
    const token = await sign(key);
    await create(token);
    issuer.published = [next.public];

    const successor = await create(await sign(next));
    const withdrawn = await create(token);

    expect(successor.status).toBe(201);
    expectRefusal(withdrawn);
  });

  test("is refused ten minutes after its key's withdrawal, with nobody else's token to fetch keys for", async () => {
    const { create, issuer, later } = await trusted();
    const token = await sign(key, { exp: inSeconds(60 * MINUTE_S) });
    await create(token);
    issuer.published = [next.public];

    await later(9 * MINUTE_S);
    const before = await create(token);
    await later(1 * MINUTE_S);
    const after = await create(token);

    expect(before.status).toBe(201);
    expectRefusal(after);
    expect(issuer.asked).toHaveLength(2);
  });

  test("is taken for an hour while the issuer does not answer, and no longer", async () => {
    const { create, issuer, later } = await trusted();
    const token = await sign(key, { exp: inSeconds(120 * MINUTE_S) });
    await create(token);
    issuer.broken = { status: 500 };

    await later(59 * MINUTE_S);
    const stale = await create(token);
    await later(1 * MINUTE_S);
    const over = await create(token);

    expect(stale.status).toBe(201);
    expect(over.status).toBe(503);
    expect(issuer.asked).toHaveLength(3);
  });
});

/** A service, with an issuer of its own that publishes `key`. */
async function trusted() {
  const issuer = new Issuer();
  const api = new Client();
  issuer.published = [key.public];
  api.server = await startServer(await issuer.start(), { around: "verifications.js" });
  onTestFinished(async () => {
    await api.server.stop();
    issuer.stop();
  });
  return {
    issuer,
    create: (as: string, idempotencyKey = newKey()) => api.create(idempotencyKey, { as }),
    later: (seconds: number) => change(api, { later: `${seconds * 1000}` }),
    verifications: async (): Promise<number> => (await api.call("/__verifications")).json,
  };
}
