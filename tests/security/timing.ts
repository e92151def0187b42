// npm run timing
//
// Does the time that an answer takes tell a caller what it may not know? Two kinds of requests in turn, thousands of
// them, and how far apart their medians are, beside how far apart they would be by chance. It only measures: what a
// busy machine does to a clock is no reason for a test to fail.

import { createHash, randomBytes } from "node:crypto";
import {
  AUDIT_LOG,
  AUDIT_LOGS,
  Client,
  newKey,
  PAYLOADS,
  RESOURCES,
  TRANSACTIONS,
} from "../harness/client.ts";
import { startServer } from "../harness/server.ts";
import { compare, type Comparison } from "./noise.ts";

const ROUNDS = Number(process.env.ROUNDS ?? 3000);
const WARM_UP = 200;
const KEY_STATUS = "/api/v1/operations/idempotency";
const [victim, attacker] = [makeToken(), makeToken()];
const api = new Client();

/** One request of a kind; each call of it makes another. */
type Make = () => { path: string; as: string; method?: string; key?: string };

api.server = await startServer({ AUTH: "on", API_TOKENS: JSON.stringify(configured()) });
try {
  console.log(`${ROUNDS} rounds of each, in random order, on loopback; times in milliseconds\n`);
  console.log(row("", "foreign or near", "absent or far", "ratio", "by chance", ""));
  for (const [name, make, other] of await comparisons()) console.log(told(name, await measure(make, other)));
} finally {
  await api.server.stop();
}

async function comparisons(): Promise<[string, Make, Make][]> {
  const many = () => Array.from({ length: ROUNDS + WARM_UP }, newKey);
  const [keys, users] = [many(), many()];
  // Not looked up before they are used: that alone would make an object of the attacker's for each.
  const unseen = many();
  const resources = await inTurn(keys, (key) => api.create(key, { as: victim }));
  const transactions = await inTurn(unseen, (key) => api.post(TRANSACTIONS, key, { as: victim }));
  await inTurn(users, (user_id) =>
    api.post(AUDIT_LOG, newKey(), { as: victim, payload: { ...PAYLOADS[AUDIT_LOG], user_id } }),
  );
  const absentTransaction = () => `txn_${randomBytes(8).toString("hex")}`;
  const near = () => victim.slice(0, -8) + randomBytes(6).toString("base64url");
  return [
    ["key, looked up", read(KEY_STATUS, each(keys)), read(KEY_STATUS, newKey)],
    ["resource, read", read(RESOURCES, each(resources)), read(RESOURCES, newKey)],
    ["transaction, read", read(TRANSACTIONS, each(transactions)), read(TRANSACTIONS, absentTransaction)],
    ["audit entries of a user", list(each(users)), list(newKey)],
    ["token, wrong", wrong(near), wrong(makeToken)],
    ["key, used for a request", use(each(unseen)), use(newKey)],
  ];
}

function read(path: string, id: () => string): Make {
  return () => ({ path: `${path}/${id()}`, as: attacker });
}

function list(user: () => string): Make {
  return () => ({ path: `${AUDIT_LOGS}?user_id=${user()}`, as: attacker });
}

function wrong(token: () => string): Make {
  return () => ({ path: `${RESOURCES}/${newKey()}`, as: token() });
}

function use(key: () => string): Make {
  return () => ({ path: RESOURCES, as: attacker, method: "POST", key: key() });
}

/** The times of both kinds, measured in turn, so that whatever else the machine does meets both alike. */
async function measure(make: Make, other: Make): Promise<Comparison> {
  const times: [number[], number[]] = [[], []];
  for (let round = 0; round < ROUNDS + WARM_UP; round++) {
    const first = Math.random() < 0.5 ? 0 : 1;
    for (const kind of [first, 1 - first]) {
      const ms = await timeOf(kind === 0 ? make() : other());
      if (round >= WARM_UP) times[kind]!.push(ms);
    }
  }
  return compare(...times);
}

async function timeOf({ path, as, method = "GET", key }: ReturnType<Make>): Promise<number> {
  const headers: Record<string, string> = { Authorization: `Bearer ${as}` };
  if (key) Object.assign(headers, { "X-Idempotency-Key": key, "Content-Type": "application/json" });
  const url = new URL(path, api.server.address);
  const init = { method, headers, ...(key && { body: '{"name":"Lathe"}' }) };

  const started = performance.now();
  const answer = await fetch(url, init);
  await answer.arrayBuffer();
  return performance.now() - started;
}

function told(name: string, { medians: [one, other], ratio, byChance }: Comparison): string {
  const within = Math.abs(ratio - 1) <= byChance ? "within the noise" : "BEYOND THE NOISE";
  const chance = `1 ± ${byChance.toFixed(4)}`;
  return row(name, one.toFixed(3), other.toFixed(3), ratio.toFixed(4), chance, within);
}

function row(name: string, ...cells: string[]): string {
  return name.padEnd(25) + cells.map((cell) => cell.padEnd(17)).join("");
}

/** What each answer says its id is, for each of `items`, eight at a time. */
async function inTurn<T>(
  items: T[],
  make: (item: T) => Promise<{ json: { id: string } }>,
): Promise<string[]> {
  const ids: string[] = [];
  for (let at = 0; at < items.length; at += 8) {
    const answers = await Promise.all(items.slice(at, at + 8).map(make));
    ids.push(...answers.map(({ json }) => json.id));
  }
  return ids;
}

/** Each of `values` once. */
function each(values: string[]): () => string {
  const left = values.values();
  return () => left.next().value!;
}

function makeToken(): string {
  return `ei_${randomBytes(32).toString("base64url")}`;
}

/** The two callers' tokens among twenty others'. */
function configured() {
  const tokens = [victim, ...Array.from({ length: 20 }, makeToken), attacker];
  return tokens.map((token, at) => ({
    client: `client-${at}`,
    role: "client",
    sha256: createHash("sha256").update(token).digest("hex"),
  }));
}
