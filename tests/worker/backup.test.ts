// What operators take out of D1, by the commands of docs/runbook.md: backups, and exports of the audit log.

import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { shortStatements } from "../../scripts/short-statements.ts";
import { command, emptyFolder, wrangler } from "../harness/commands.ts";

const ROOT = join(import.meta.dirname, "../..");
const GONE = /The entry of this cursor is no longer there/;

/** What is special in SQL, in JSON, in an export, and in UTF-8, with line breaks between and within JSON's strings. */
const ITEM = String.raw`{"it''s":
"🦀é${"\u2028"} ''--'' ; /* \n \\n \r \"" },${"\t\r\n"}`;

test("a backup comes back in an empty database: each column, of texts longer than a statement may be too", async () => {
  const folder = await emptyFolder();
  await execute(folder, await tables(), entries(1, 2, long(250_000)), resources(2, long(1_000_000)));
  const restored = await emptyFolder();

  await command(folder, "backup.ts", ["--local", "--to", join(restored, "saved")]);
  await wrangler(restored, "d1", "execute", "DB", "--local", "--file", "saved/DB.sql");
  await execute(restored, entries(3, 3));

  const rows = await everything(folder);
  expect(rows.map((of) => of.length)).toEqual([2, 2, 0]);
  expect(Buffer.byteLength(rows[0][1].details)).toBeGreaterThan(250_000);
  expect(JSON.parse(rows[0][1].details).all[1]).toEqual({ "it's": "🦀é\u2028 '--' ; /* \n \\n \r \"" });
  const [log, ...others] = await everything(restored);
  expect([log.slice(0, 2), ...others]).toEqual(rows);
  expect(log[2].id).toBe("entry 3");
  expect(await readdir(join(restored, "saved"))).toEqual(["DB.sql"]);
});

test.each([
  ["has no names of columns", `INSERT INTO "t" VALUES('1','${"x".repeat(100_000)}');`],
  ["has no operation", `INSERT INTO "t" ("a") VALUES('${"x".repeat(100_000)}');`],
  [
    "is long, and not by its texts",
    `INSERT INTO "t" ("operation_id","a") VALUES('1',X'${"0".repeat(100_000)}');`,
  ],
  [
    "has line breaks in doubt, and no operation",
    `INSERT INTO "t" ("a") VALUES(replace('\\n','\\n',char(10)));`,
  ],
  ["has other functions", `INSERT INTO "t" ("a") VALUES(replace(hex('1'),'3','4'));`],
  ["defines too much", `CREATE TABLE t (\n${"a INTEGER,\n".repeat(10_000)}b TEXT);`],
  ["has no end", `INSERT INTO "t" ("a") VALUES('1`],
])("no backup is made of a statement that %s", async (_, statement) => {
  const read = async () => (await Array.fromAsync(shortStatements(chunksOf(statement), new Set()))).length;

  await expect(read()).rejects.toThrow(/D1 exported a statement of \d+ bytes that .*"?t"? \(?/);
});

test("statements that are short stay as they are", async () => {
  const statements = [
    "PRAGMA defer_foreign_keys=TRUE;",
    "CREATE TABLE t (\n  a TEXT -- it's; \n);",
    `INSERT INTO "t" VALUES(1,'it''s; \u2028');`,
    `INSERT INTO "t" ("details","b") VALUES(replace(replace('1\\r\\n','\\r',char(13)),'\\n',char(10)),-1.5e-7);`,
  ];

  const short = await Array.fromAsync(shortStatements(chunksOf(statements.join("\n")), new Set()));

  expect(short).toEqual(statements.map((statement) => `${statement}\n`));
});

test.each(["🦀", "x🦀", "''", "x''"])(
  "a long text that repeats %s is cut between its characters",
  async (item) => {
    const text = item + item.slice(-2).repeat(100_000);
    const statement = `INSERT INTO "t" ("operation_id","a") VALUES('it''s','${text}');`;

    const [insert = "", ...updates] = await Array.fromAsync(shortStatements(chunksOf(statement), new Set()));

    const sizes = [insert, ...updates].map((short) => Buffer.byteLength(short));
    expect(Math.max(...sizes)).toBeLessThan(100_000);
    const first = /^INSERT INTO "t" \("operation_id","a"\) VALUES\('it''s','(.*)'\);\n$/u.exec(insert)?.[1];
    const others = updates.map(
      (update) =>
        /^UPDATE "t" SET "a" = "a" \|\| '(.*)' WHERE "operation_id" = 'it''s';\n$/u.exec(update)?.[1],
    );
    const parts = [first, ...others].map((part) => part ?? "");
    expect(parts.join("") === text).toBe(true);
    expect(parts.every((part) => part.isWellFormed() && part.split("'").length % 2 === 1)).toBe(true);
  },
);

test("an export has every entry of the audit log once, and goes on where the one before ended", async () => {
  const folder = await emptyFolder();

  await execute(folder, await tables(), entries(1, 700), entries(701, 730, long(1_000_000)));
  const all = await exported(folder);
  await execute(folder, entries(731, 733));
  const more = await exported(folder, "--after", all.at(-1).cursor);

  expect(all.map(({ id }) => id)).toEqual(Array.from({ length: 730 }, (_, at) => `entry ${at + 1}`));
  expect(all[0]).toMatchObject({ caller: "c", user_id: "u\nü", details: { n: [1] }, received_at: null });
  expect(all[0].cursor).toBe("1-operation 1");
  expect(more.map(({ id }) => id)).toEqual(["entry 731", "entry 732", "entry 733"]);
});

test("an export goes on after an entry that was deleted, unless its number is or will be another's", async () => {
  const folder = await emptyFolder();
  const remove = (id: string) => `DELETE FROM audit_log WHERE id LIKE '${id}'`;
  const after = (number: number) => exported(folder, "--after", `${number}-operation ${number}`);

  await execute(folder, await tables(), entries(1, 4), remove("entry 2"), remove("entry 4"), entries(5, 5));
  const [older, another, newer] = await Promise.allSettled([after(2), after(4), after(5)]);
  await execute(folder, remove("%"));
  const [none] = await Promise.allSettled([after(1)]);

  expect(older).toMatchObject({ value: [{ id: "entry 3" }, { id: "entry 5", cursor: "4-operation 5" }] });
  for (const refused of [another, newer, none])
    expect(refused).toMatchObject({ reason: { code: 1, stdout: "", stderr: expect.stringMatching(GONE) } });
});

test("what cannot be exported is said in a line, and no folder is made", async () => {
  const folder = await emptyFolder();
  await mkdir(join(folder, "other"));
  await writeFile(join(folder, "other/wrangler.toml"), 'name = "other"\n');
  const failing = [
    ["backup.ts", "--to", "saved", "--config", "missing.toml"],
    ["backup.ts", "--to", "saved", "--config", "other/wrangler.toml"],
    ["audit-export.ts", "--config", "missing.toml"],
    ["audit-export.ts", "--config", "other/wrangler.toml"],
    ["audit-export.ts", "--database", "DB_2"],
  ] as const;

  const ended = await Promise.allSettled(
    failing.map(([name, ...args]) => command(folder, name, ["--local", ...args])),
  );

  const missing = "missing.toml is no configuration that can be read: Could not read file: missing.toml";
  const other = "other/wrangler.toml has no D1 database.";
  expect(ended.map((one) => (one as PromiseRejectedResult).reason.code)).toEqual([1, 1, 1, 1, 1]);
  expect(ended.map((one) => (one as PromiseRejectedResult).reason.stderr.trim())).toEqual([
    missing,
    other,
    missing,
    other,
    "wrangler.toml has no D1 database DB_2. It has DB.",
  ]);
  expect(existsSync(join(folder, "saved"))).toBe(false);
});

async function execute(folder: string, ...statements: string[]) {
  await wrangler(folder, "d1", "execute", "DB", "--local", "--command", statements.join("; "));
}

/** All rows of each table. */
async function everything(folder: string): Promise<any[]> {
  const select = ["audit_log", "resources", "transactions"]
    .map((table) => `SELECT * FROM ${table}`)
    .join("; ");
  const { stdout } = await wrangler(folder, "d1", "execute", "DB", "--local", "--json", "--command", select);
  return JSON.parse(stdout).map(({ results }: { results: unknown[] }) => results);
}

async function exported(folder: string, ...args: string[]): Promise<any[]> {
  const { stdout } = await command(folder, "audit-export.ts", ["--local", ...args]);
  const lines = stdout.split("\n").filter(Boolean);
  return lines.map((line) => JSON.parse(line));
}

/** As a stream gives a file: cut anywhere. */
async function* chunksOf(text: string) {
  for (let at = 0; at < text.length; at += 7_777) yield text.slice(at, at + 7_777);
}

/** What the migrations make, in one command. */
async function tables(): Promise<string> {
  const migrations = (await readdir(join(ROOT, "migrations"))).sort();
  const texts = migrations.map((name) => readFile(join(ROOT, "migrations", name), "utf8"));
  return (await Promise.all(texts)).join("\n").replaceAll(/--.*$/gm, "").trim().replace(/;$/, "");
}

/** SQL for a JSON object of about so many bytes. */
function long(bytes: number): string {
  const count = Math.ceil(bytes / Buffer.byteLength(ITEM.replaceAll("''", "'")));
  return `'{"all":[' || replace(hex(zeroblob(${count})), '00', '${ITEM}') || '0]}'`;
}

function entries(first: number, last: number, details = `'{"n":[1]}'`): string {
  return `WITH RECURSIVE numbers (n) AS (VALUES (${first}) UNION ALL SELECT n + 1 FROM numbers WHERE n < ${last})
    INSERT INTO audit_log (operation_id, caller, id, timestamp, timestamp_us, correlation_id, user_id, action, details)
    SELECT 'operation ' || n, 'c', 'entry ' || n, '2026-01-31T12:00:00Z', 0, 'x', 'u' || char(10) || 'ü', 'login', ${details}
    FROM numbers`;
}

function resources(last: number, metadata: string): string {
  return `WITH RECURSIVE numbers (n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM numbers WHERE n < ${last})
    INSERT INTO resources (operation_id, caller, id, name, description, metadata, created_at, idempotency_key)
    SELECT 'operation ' || n, 'c', 'resource ' || n, 'it''s' || char(0), '\\r' || char(13), ${metadata}, 1769860800000, 'k' FROM numbers`;
}
