// What operators do with data, by the commands of docs/runbook.md, on a Worker that `wrangler dev` serves.

import { execFile } from "node:child_process";
import { cp, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import {
  AUDIT_LOG,
  AUDIT_LOGS,
  Client,
  type Keyed,
  newKey,
  RESOURCES,
  TRANSACTIONS,
} from "../harness/client.ts";
import { cloned } from "../harness/clone.ts";
import { type Dev, startDev } from "../harness/dev.ts";
import { close, listen } from "../harness/listen.ts";
import type { Server } from "../harness/server.ts";
import { makeToken } from "../harness/tokens.ts";

const ROOT = join(import.meta.dirname, "../..");
const PATH = `${join(ROOT, "node_modules/.bin")}:${process.env["PATH"]}`;
const start = promisify(execFile);

describe("a Worker with rows of two clients", () => {
  const [shop, till, operator] = [makeToken("shop"), makeToken("till"), makeToken("ops", "operator")];
  const api = new Client();
  let clone: string;
  let dev: Dev;
  beforeAll(async () => {
    clone = await cloned();
    const tokens = JSON.stringify([shop, till, operator].map(({ stored }) => stored));
    await writeFile(join(clone, ".dev.vars"), `API_TOKENS='${tokens}'\nREPLAY_SECRET=${"s".repeat(32)}\n`);
    dev = await startDev(clone, ["npx", "wrangler", "dev"]);
    api.server = { address: new URL(dev.base) } as Server;
  });
  afterAll(async () => {
    await dev?.stop();
    await rm(clone, { recursive: true, force: true });
  });

  test("forgets all of one, and nothing of the other", async () => {
    const [ours, theirs] = [await made(shop.token), await made(till.token)];
    const file = join(clone, "keys.txt");
    await writeFile(file, `${ours.auditKey}\n`);

    const { stdout } = await deletion("shop", dev.base, operator.token, ["--keys", file]);
    const again = await failed(deletion("shop", dev.base, operator.token));

    expect(stdout).toContain("3 keys: 3 forgotten, 0 had expired.");
    expect(stdout).toContain("3 rows deleted.");
    expect(again).toContain("There is nothing of shop here.");
    expect(await heldOf(shop.token, ours)).toEqual([404, 404, 404, 404, 404, 0]);
    expect(await heldOf(till.token, theirs)).toEqual([200, 200, 200, 200, 200, 1]);
  });

  test("loses no row if its keys cannot be forgotten", async () => {
    const keys = await made(till.token);
    const before = await heldOf(till.token, keys);
    const [elsewhere, another] = [
      await answering("Not here"),
      await answering('{"type":"/problems/not-found"}'),
    ];

    const told = await Promise.all([
      failed(deletion("till", elsewhere, operator.token)),
      failed(deletion("till", another, operator.token)),
      failed(deletion("till", dev.base, till.token)),
      failed(deletion("till", "http://localhost:9", operator.token)),
    ]);

    expect(told[0]).toMatch(/404 Not here\s+No row was deleted/);
    expect(told[1]).toMatch(/None of the \d+ keys is known at .*\s+No row was deleted/);
    expect(told[2]).toMatch(/403 .*\s+No row was deleted/);
    expect(told[3]).toMatch(/no answer.*\s+No row was deleted/);
    expect(await heldOf(till.token, keys)).toEqual(before);
  });

  test("is forgotten with keys that have all expired, if that is said", async () => {
    const keys = await made(shop.token);
    const expired = await answering('{"type":"/problems/not-found"}');

    const { stdout } = await deletion("shop", expired, operator.token, ["--expired"]);

    expect(stdout).toContain("2 keys: 0 forgotten, 2 had expired.");
    expect((await heldOf(shop.token, keys)).slice(-3)).toEqual([404, 404, 0]);
  });

  test("comes back from a backup, in a database that was empty", async () => {
    await made(till.token);
    const restored = await folder();

    await command(clone, "backup.ts", ["--local", "--to", join(restored, "saved")]);
    await wrangler(restored, "d1", "execute", "DB", "--local", "--file", "saved/DB.sql");

    const rows = await rowsIn(clone);
    expect(rows).toBeGreaterThanOrEqual(3);
    expect(await rowsIn(restored)).toBe(rows);
  });

  /** One request to each route. */
  async function made(as: string) {
    const keys = { [RESOURCES]: newKey(), [TRANSACTIONS]: newKey(), [AUDIT_LOG]: newKey() };
    const answers = [];
    for (const [path, key] of Object.entries(keys)) answers.push(await api.post(path as Keyed, key, { as }));
    const places = answers.flatMap(({ headers }) => headers.get("Location") ?? []);
    return { keys: Object.values(keys), auditKey: keys[AUDIT_LOG], places };
  }

  /** What becomes of looking for a client's keys and rows, and how long its list is. */
  async function heldOf(as: string, { keys, places }: Awaited<ReturnType<typeof made>>) {
    const looked = await Promise.all([
      ...keys.map((key) => api.status(key, { as })),
      ...places.map((place) => api.call(place, { as })),
    ]);
    const list = await api.call(AUDIT_LOGS, { as });
    return [...looked.map(({ status }) => status), list.json.length];
  }

  const deletion = (client: string, url: string, TOKEN: string, more: string[] = []) =>
    command(clone, "caller-delete.ts", [client, "--url", url, "--local", ...more], { TOKEN });

  /** What a command says that fails. */
  const failed = (command: Promise<unknown>) =>
    command.then(
      () => "It succeeded.",
      ({ stderr }) => stderr as string,
    );

  /** The address of something else, which answers everything with this and 404. */
  async function answering(content: string): Promise<string> {
    const server = createServer((_, answer) => answer.writeHead(404).end(content));
    onTestFinished(() => close(server));
    return await listen(server);
  }

  async function rowsIn(folder: string): Promise<number> {
    const counts = ["resources", "transactions", "audit_log"].map(
      (table) => `(SELECT count(*) FROM ${table})`,
    );
    const sql = `SELECT ${counts.join(" + ")} AS rows`;
    const { stdout } = await wrangler(folder, "d1", "execute", "DB", "--local", "--json", "--command", sql);
    return JSON.parse(stdout)[0].results[0].rows;
  }
});

test("an export has every entry of the audit log once, and goes on where the one before ended", async () => {
  const empty = await folder();
  const execute = (sql: string) => wrangler(empty, "d1", "execute", "DB", "--local", "--command", sql);
  const exported = async (...args: string[]) => {
    const { stdout } = await command(empty, "audit-export.ts", ["--local", ...args]);
    const lines = stdout.split("\n").filter(Boolean);
    return lines.map((line) => JSON.parse(line));
  };

  await execute(`${await tables()}; ${entries(1, 700)}`);
  const all = await exported();
  await execute(entries(701, 703));
  const more = await exported("--after", String(all.at(-1).cursor));

  expect(all.map(({ id }) => id)).toEqual(Array.from({ length: 700 }, (_, at) => `entry ${at + 1}`));
  expect(all[0]).toMatchObject({ caller: "c", user_id: "u\nü", details: { n: [1] }, received_at: null });
  expect(more.map(({ id }) => id)).toEqual(["entry 701", "entry 702", "entry 703"]);
});

/** A folder in which wrangler finds the database, and nothing in it. */
async function folder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "edge-idempotency-data-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await cp(join(ROOT, "wrangler.toml"), join(folder, "wrangler.toml"));
  await symlink(join(ROOT, "node_modules"), join(folder, "node_modules"));
  return folder;
}

/** Runs one of scripts/ in a folder. */
function command(cwd: string, name: string, args: string[], env = {}) {
  const script = join(ROOT, `scripts/${name}`);
  return start(process.execPath, [script, ...args], { cwd, env: { ...process.env, PATH, ...env } });
}

function wrangler(cwd: string, ...args: string[]) {
  return start("wrangler", args, { cwd, env: { ...process.env, PATH, WRANGLER_SEND_METRICS: "false" } });
}

/** What the migrations make, in one command. */
async function tables(): Promise<string> {
  const migrations = (await readdir(join(ROOT, "migrations"))).sort();
  const texts = migrations.map((name) => readFile(join(ROOT, "migrations", name), "utf8"));
  return (await Promise.all(texts)).join("\n").replaceAll(/--.*$/gm, "");
}

function entries(first: number, last: number): string {
  return `WITH RECURSIVE numbers (n) AS (VALUES (${first}) UNION ALL SELECT n + 1 FROM numbers WHERE n < ${last})
    INSERT INTO audit_log (operation_id, caller, id, timestamp, timestamp_us, correlation_id, user_id, action, details)
    SELECT 'operation ' || n, 'c', 'entry ' || n, '2026-01-31T12:00:00Z', 0, 'x', 'u' || char(10) || 'ü', 'login', '{"n":[1]}'
    FROM numbers`;
}
