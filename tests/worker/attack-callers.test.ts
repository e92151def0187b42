// Attacks of one caller on another: what is foreign cannot be told from what is not there, and nobody is taken for
// somebody else.

import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  type Answer,
  AUDIT_LOG,
  AUDIT_LOGS,
  type Call,
  Client,
  newKey,
  RESOURCES,
  TRANSACTIONS,
} from "../harness/client.ts";
import { Issuer, makeKey, sign, type SigningKey } from "../harness/issuer.ts";
import { startServer } from "../harness/server.ts";

const KEY_STATUS = "/api/v1/operations/idempotency";
const TOKENS = { victim: "victims-token-0123456789", attacker: "attackers-token-0123456789" };
const issuer = new Issuer();
const api = new Client();
let signing: SigningKey;

beforeAll(async () => {
  signing = await makeKey("ES256", "key");
  issuer.published = [signing.public];
  const tokens = Object.entries(TOKENS).map(([client, token]) => ({
    client,
    role: "client",
    sha256: createHash("sha256").update(token).digest("hex"),
  }));
  const vars = { ...(await issuer.start()), API_TOKENS: JSON.stringify(tokens), FAULT_INJECTION: "on" };
  api.server = await startServer(vars);
});
afterAll(async () => {
  await api.server.stop();
  issuer.stop();
});

const victim: Call = { as: TOKENS.victim };
const attacker: Call = { as: TOKENS.attacker, headers: { "X-Correlation-ID": "attacker" } };

describe("a caller who guesses", () => {
  test("a key gets the same answer, field by field, whether it is another's or nobody's", async () => {
    for (const fault of [undefined, "fail-after"]) {
      const key = newKey();
      await api.create(key, { ...victim, ...(fault && { fault }) });

      const foreign = await api.call(`${KEY_STATUS}/${key}`, attacker);
      const absent = await api.call(`${KEY_STATUS}/${newKey()}`, attacker);

      expectAlike(foreign, absent, 404);
    }
  });

  test("a key whose request is running learns and stops nothing", async () => {
    const key = newKey();
    const running = api.create(key, { ...victim, fault: "delay=2000" });
    await api.isRunning(key, victim);

    const foreign = await api.call(`${KEY_STATUS}/${key}`, attacker);
    const absent = await api.call(`${KEY_STATUS}/${newKey()}`, attacker);
    const used = await api.create(key, { ...attacker, payload: { name: "Attacker's" } });

    expectAlike(foreign, absent, 404);
    expect(used.status).toBe(201);
    expect((await running).json.name).toBe("Lathe");
  });

  test("an id gets the same answer, whether it is another's or nobody's", async () => {
    const resource = await api.create(newKey(), victim);
    const transaction = await api.post(TRANSACTIONS, newKey(), victim);

    for (const [foreign, absent] of [
      [`${RESOURCES}/${resource.json.id}`, `${RESOURCES}/${newKey()}`],
      [`${TRANSACTIONS}/${transaction.json.id}`, `${TRANSACTIONS}/txn_0123456789abcdef`],
    ] as const)
      expectAlike(await api.call(foreign, attacker), await api.call(absent, attacker), 404);
  });

  test("a user of the audit log gets the same list, whether another has entries of it or nobody", async () => {
    const user_id = newKey();
    await api.post(AUDIT_LOG, newKey(), { ...victim, payload: { user_id, action: "login", details: {} } });

    const foreign = await api.call(`${AUDIT_LOGS}?user_id=${user_id}`, attacker);
    const absent = await api.call(`${AUDIT_LOGS}?user_id=${newKey()}`, attacker);

    expectAlike(foreign, absent, 200);
    expect(foreign.json).toEqual([]);
  });

  test("a token learns nothing of what that token's caller has", async () => {
    const key = newKey();
    const { json } = await api.create(key, victim);
    const almost = { ...attacker, as: TOKENS.victim.slice(0, -1) };

    for (const [present, absent] of [
      [`${KEY_STATUS}/${key}`, `${KEY_STATUS}/${newKey()}`],
      [`${RESOURCES}/${json.id}`, `${RESOURCES}/${newKey()}`],
    ] as const)
      expectAlike(await api.call(present, almost), await api.call(absent, almost), 401);
  });

  test("what operators may see is told to be none, whether there is anything or not", async () => {
    const key = newKey();
    await api.create(key, victim);

    const present = await api.call(`${KEY_STATUS}/${key}?client=victim`, attacker);
    const absent = await api.call(`${KEY_STATUS}/${newKey()}?client=victim`, attacker);
    const nobody = await api.call(`${KEY_STATUS}/${key}?client=nobody`, attacker);

    expectAlike(present, absent, 403);
    expectAlike(nobody, absent, 403);
  });
});

describe("a caller is not taken for another", () => {
  test.each([
    ["in another case", "Ann"],
    ["with a space behind it", "ann "],
    ["with a NUL behind it", "ann\u0000"],
    ["with a Cyrillic letter", "\u0430nn"],
    ["in full-width letters", "\uff41\uff4e\uff4e"],
    ["with a zero-width space", "ann\u200b"],
    ["with the issuer in it", "https://id.example/ann"],
  ])("by a subject that looks like its own: %s", async (_, sub) => {
    await expectStrangers(await sign(signing), await sign(signing, { sub }));
  });

  test("by a subject whose accent is written in two characters", async () => {
    await expectStrangers(
      await sign(signing, { sub: "ren\u00e9" }),
      await sign(signing, { sub: "rene\u0301" }),
    );
  });

  test("by a subject that is named like a client", async () => {
    await expectStrangers(TOKENS.victim, await sign(signing, { sub: "victim" }));
  });

  test.each([
    ["twice", [`Bearer ${TOKENS.victim}`, `Bearer ${TOKENS.attacker}`]],
    ["joined to another", [`Bearer ${TOKENS.victim},Bearer ${TOKENS.attacker}`]],
    ["behind another scheme", [`Basic YTpi, Bearer ${TOKENS.victim}`]],
    ["with a no-break space", [`Bearer ${TOKENS.victim}\u00a0`]],
    ["as a JWT's part", [`Bearer e30.${TOKENS.victim}.e30`]],
  ])("by its token sent %s", async (_, values) => {
    const headers = new Headers();
    for (const value of values) headers.append("Authorization", value);

    const answer = await fetch(new URL(`${RESOURCES}/${newKey()}`, api.server.address), { headers });

    expect(answer.status).toBe(401);
  });

  /** Two tokens are two callers: the same key is free for each. */
  async function expectStrangers(one: string, other: string) {
    const key = newKey();
    const first = await api.create(key, { as: one });
    const second = await api.create(key, { as: other });

    expect([first.status, second.status]).toEqual([201, 201]);
    expect(second.headers.has("Idempotent-Replayed")).toBe(false);
    expect((await api.call(first.headers.get("Location")!, { as: other })).status).toBe(404);
    const rows = await api.rows(key);
    expect(new Set(rows.map(({ caller }) => caller)).size).toBe(2);
  }
});

describe("whoever reads what is stored", () => {
  test("finds digests of callers, no token and no digest of one, and names only where operators look", async () => {
    const key = newKey();
    await api.create(key, victim);
    const stored = filesIn(join(api.server.objects, "../.."));
    const token = createHash("sha256").update(TOKENS.victim).digest();

    expect((await api.rows(key)).map(({ caller }) => caller)).toEqual([
      expect.stringMatching(/^[0-9a-f]{64}$/),
    ]);
    expect(stored.some((file) => file.content.includes(key))).toBe(true);
    for (const secret of [TOKENS.victim, token.toString("hex"), token])
      expect(stored.some((file) => file.content.includes(secret))).toBe(false);
    const named = stored.filter((file) => file.content.includes("victim"));
    expect(named.filter(({ path }) => !path.includes("-Telemetry"))).toEqual([]);
  });
});

function expectAlike(one: Answer, other: Answer, status: number) {
  const fields = (answer: Answer) => [...answer.headers].filter(([name]) => name !== "date");
  expect([one.status, other.status]).toEqual([status, status]);
  expect(fields(one)).toEqual(fields(other));
  expect(one.text).toBe(other.text);
}

function filesIn(folder: string): { path: string; content: Buffer }[] {
  const paths = readdirSync(folder, { recursive: true, encoding: "utf8" }).map((name) => join(folder, name));
  const files = paths.filter((path) => statSync(path).isFile());
  return files.map((path) => ({ path, content: readFileSync(path) }));
}
