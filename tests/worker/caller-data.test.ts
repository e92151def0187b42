// What an operator does with data by hand: the commands of docs/runbook.md delete all of one client and nothing of another,
// and the audit log is exported without a gap.

import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import {
  AUDIT_LOG,
  AUDIT_LOGS,
  Client,
  eventually,
  type Keyed,
  newKey,
  RESOURCES,
  TRANSACTIONS,
} from "../harness/client.ts";
import { startServer } from "../harness/server.ts";
import { makeToken } from "../harness/tokens.ts";

const ROOT = join(import.meta.dirname, "../..");
const EXPORT = join(ROOT, "scripts/audit-export.mjs");
const run = promisify(execFile);

describe("the commands of the runbook", () => {
  const [shop, till, operator] = [makeToken("shop"), makeToken("till"), makeToken("ops", "operator")];
  const api = new Client();
  let runbook: string;
  beforeAll(async () => {
    runbook = await readFile(join(ROOT, "docs/runbook.md"), "utf8");
    const tokens = JSON.stringify([shop, till, operator].map(({ stored }) => stored));
    api.server = await startServer({ AUTH: "on", API_TOKENS: tokens });
  });
  afterAll(() => api.server.stop());

  test("delete everything of a client, and nothing of another", async () => {
    const [ours, theirs] = [await made(shop.token), await made(till.token)];
    const db = await api.server.db();
    const caller = await digestOf("shop");
    const [list, remove] = statements(caller);

    const { results } = await db.prepare(list!).all<{ idempotency_key: string }>();
    const keys = results.map(({ idempotency_key }) => idempotency_key);
    for (const key of keys) await forget(key);
    for (const statement of remove!.split(";")) await db.prepare(statement).run();

    expect(keys.sort()).toEqual([ours[RESOURCES], ours[TRANSACTIONS]].sort());
    expect(await heldOf(shop.token, ours)).toEqual({ looked: [404, 404], listed: 0, rows: 0 });
    expect(await heldOf(till.token, theirs)).toEqual({ looked: [200, 200], listed: 1, rows: 3 });
    const copies = await (await api.server.kv()).list();
    expect(copies.keys).toHaveLength(4);
  });

  /** One request to each route. Waits for their copies in KV. */
  async function made(as: string) {
    const kv = await api.server.kv();
    const before = (await kv.list()).keys.length;
    const keys = { [RESOURCES]: newKey(), [TRANSACTIONS]: newKey(), [AUDIT_LOG]: newKey() };
    for (const [path, key] of Object.entries(keys)) await api.post(path as Keyed, key, { as });
    await eventually(async () => (await kv.list()).keys.length === before + 3);
    return keys;
  }

  /** What is there of a client: its keys, its list, its rows. */
  async function heldOf(as: string, keys: Awaited<ReturnType<typeof made>>) {
    const looked = [];
    for (const path of [RESOURCES, TRANSACTIONS] as const)
      looked.push((await api.status(keys[path], { as })).status);
    const listed = (await api.call(AUDIT_LOGS, { as })).json.length;
    const scope = await digestOf(as === shop.token ? "shop" : "till");
    const counted = ["resources", "transactions", "audit_log"].map((table) =>
      api.rowsWhere(table as "resources", "caller", scope),
    );
    return { looked, listed, rows: (await Promise.all(counted)).flat().length };
  }

  async function forget(key: string) {
    const path = `/api/v1/operations/idempotency/${key}/resolution?client=shop`;
    const answer = await api.call(path, { method: "POST", as: operator.token, payload: { as: "forgotten" } });
    expect(answer.status).toBe(200);
  }

  /** The SQL of the section, in its order. */
  function statements(caller: string) {
    const section = runbook.split("\n## Delete a caller's data\n")[1]!.split("\n## ")[0]!;
    const found = [...section.matchAll(/--command \\\n\s*"([^"]+)"/g)];
    return found.map(([, sql]) => sql!.replaceAll("$CALLER", caller));
  }

  /** As the runbook has it printed. */
  async function digestOf(client: string) {
    const command = /^node -e '[^]*?' shop$/m.exec(runbook)![0].replace(/shop$/, client);
    return (await run("bash", ["-c", command])).stdout.trim();
  }
});

test(
  "an export has every entry of the audit log once, and goes on where the one before ended",
  { timeout: 300_000 },
  async () => {
    const folder = await mkdtemp(join(tmpdir(), "edge-idempotency-export-"));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    for (const name of ["wrangler.toml", "node_modules"]) await symlink(join(ROOT, name), join(folder, name));
    const PATH = `${join(ROOT, "node_modules/.bin")}:${process.env.PATH}`;
    const options = { cwd: folder, env: { ...process.env, PATH, WRANGLER_SEND_METRICS: "false" } };
    const execute = (sql: string) =>
      run("wrangler", ["d1", "execute", "DB", "--local", "--command", sql], options);
    const exported = async (...args: string[]) => {
      const { stdout } = await run(process.execPath, [EXPORT, "--local", ...args], options);
      return stdout
        .split("\n")
        .filter(Boolean)
        .map((line) => JSON.parse(line));
    };

    await execute(`${await tables()}; ${entries(1, 700)}`);
    const all = await exported();
    await execute(entries(701, 703));
    const more = await exported("--after", String(all.at(-1).cursor));

    expect(all.map(({ id }) => id)).toEqual(Array.from({ length: 700 }, (_, at) => `entry ${at + 1}`));
    expect(all[0]).toMatchObject({ caller: "c", user_id: "u\nü", details: { n: [1] }, received_at: null });
    expect(more.map(({ id }) => id)).toEqual(["entry 701", "entry 702", "entry 703"]);
  },
);

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
