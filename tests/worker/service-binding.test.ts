// A Worker in TypeScript that calls this one through a service binding: examples/typescript-caller, started as its README
// says, beside this Worker as it was built.

import { execFile } from "node:child_process";
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { eventually, newKey } from "../harness/client.ts";
import { type Dev, startDev } from "../harness/dev.ts";

const ROOT = join(import.meta.dirname, "../..");
const ORDER = {
  items: [
    { name: "Grinder", cents: 8995 },
    { name: "Beans", cents: 1005 },
  ],
};
const run = promisify(execFile);

let service: string;
let shop: string;
const started: Dev[] = [];

beforeAll(async () => {
  service = await built();
  shop = await mkdtemp(join(tmpdir(), "edge-idempotency-shop-"));
  for (const name of ["src", "wrangler.toml", "package.json", "tsconfig.json"])
    await cp(join(ROOT, "examples/typescript-caller", name), join(shop, name), { recursive: true });
  await symlink(join(ROOT, "node_modules"), join(shop, "node_modules"));
  // Workers of one machine find each other there; those of other tests are not to be found.
  const registry = { WRANGLER_REGISTRY_PATH: join(shop, "registry") };
  started.push(await startDev(service, ["npx", "wrangler", "dev"], registry));
  started.push(await startDev(shop, ["npm", "start", "--"], registry));
}, 120_000);

// A server that has answered may still load what it serves once more, and is not to be found meanwhile.
beforeEach(() => eventually(async () => (await checkOut(newKey())).status === 201));

afterAll(async () => {
  for (const dev of started) await dev.stop();
  for (const folder of [service, shop]) await rm(folder, { recursive: true, force: true });
});

test("a checkout pays once: its retry gets the first receipt", async () => {
  const key = newKey();

  const [first, second] = [await checkOut(key), await checkOut(key)];

  expect(first.status).toBe(201);
  expect(first.json).toEqual({ payment: expect.stringMatching(/^txn_/), paid: 100, currency: "EUR" });
  expect(first.headers.get("X-Idempotency-Key")).toBe(key);
  expect(first.headers.has("Idempotent-Replayed")).toBe(false);
  expect(second.text).toBe(first.text);
  expect(second.headers.get("Idempotent-Replayed")).toBe("true");
  expect(await payments(key)).toBe(1);
});

test("two clicks at once pay once", async () => {
  const key = newKey();
  const click = () => checkOut(key, { Prefer: "wait=20" });

  const clicks = await Promise.all([click(), click()]);

  expect(clicks.map(({ status }) => status)).toEqual([201, 201]);
  expect(clicks[0]!.text).toBe(clicks[1]!.text);
  expect(await payments(key)).toBe(1);
});

test("a problem comes through as it is", async () => {
  const key = newKey();
  await checkOut(key);

  const other = await checkOut(key, {}, { items: [{ name: "Grinder", cents: 1 }] });
  const unkeyed = await checkOut("");

  expect(other.status).toBe(422);
  expect(other.json).toMatchObject({ type: "/problems/request-mismatch", retryable: false });
  expect(unkeyed.json).toMatchObject({ type: "/problems/idempotency-key-invalid" });
});

test("each client has keys of its own", async () => {
  const key = newKey();
  const as = (client: string) => checkOut(key, { Authorization: `Bearer ${client}` });

  const [ann, bob] = [await as("ann"), await as("bob")];

  expect([ann.status, bob.status]).toEqual([201, 201]);
  expect(ann.json.payment).not.toBe(bob.json.payment);
  expect(await payments(key)).toBe(2);
});

/** A folder with this Worker as it was built, and with tables of its own. */
async function built(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "edge-idempotency-built-"));
  for (const name of ["build", "public", "src", "packages", "migrations", "node_modules", ".dev.vars"])
    await symlink(join(ROOT, name), join(folder, name));
  const config = await readFile(join(ROOT, "wrangler.toml"), "utf8");
  const tables = `node -e 'import("./packages/worker/build/tables.mjs").then((it) => it.createTables())'`;
  const command = `command = ${JSON.stringify(tables)}`;
  await writeFile(join(folder, "wrangler.toml"), config.replace(/^command = .*$/m, command));
  return folder;
}

async function checkOut(key: string, more: Record<string, string> = {}, order: unknown = ORDER) {
  const headers = { "Content-Type": "application/json", "Idempotency-Key": key, ...more };
  const base = started[1]!.base;
  const answer = await fetch(`${base}/checkout`, { method: "POST", headers, body: JSON.stringify(order) });
  const text = await answer.text();
  return { status: answer.status, headers: answer.headers, text, json: JSON.parse(text) };
}

/** How many payments were made with this key. */
async function payments(key: string): Promise<number> {
  const sql = `SELECT count(*) AS n FROM transactions WHERE idempotency_key = '${key}'`;
  const execute = ["wrangler", "d1", "execute", "DB", "--local", "--json", "--command", sql];
  const { stdout } = await run("npx", execute, { cwd: service });
  return JSON.parse(stdout)[0].results[0].n;
}
