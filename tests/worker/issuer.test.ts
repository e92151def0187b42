// The issuer of JSON Web Tokens: when its keys are fetched, and what becomes of requests while it is in trouble.

import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { Client, eventually, newKey } from "../harness/client.ts";
import {
  ALGORITHMS,
  type Algorithm,
  expectRefusal,
  Issuer,
  makeKey,
  sign,
  type SigningKey,
} from "../harness/issuer.ts";
import { startServer } from "../harness/server.ts";
import type { Stalled } from "../harness/stalled.ts";

const keys = {} as Record<Algorithm, SigningKey>;

beforeAll(async () => {
  for (const algorithm of ALGORITHMS) keys[algorithm] = await makeKey(algorithm, `key-${algorithm}`);
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

  // By then the timer of the request has rung, which is for the object.
  test("may take over a second to answer, and the request is answered all the same", async () => {
    const slow = await trusted();
    slow.issuer.published = [keys.RS256.public];
    slow.issuer.before = () => new Promise((answer) => setTimeout(answer, 1200));

    expect((await slow.api.create(newKey(), { as: await sign(keys.RS256) })).status).toBe(201);
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
    const exp = Math.floor(Date.now() / 1000) - 28;
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
