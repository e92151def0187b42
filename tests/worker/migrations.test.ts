// Rows that were there before a migration are right after it.

import { join } from "node:path";
import { expect, test } from "vitest";
import { AUDIT_LOG, AUDIT_LOGS, newKey, serve } from "../harness/client.ts";
import { execute } from "../harness/server.ts";

const api = serve();

const migration = (name: string) => join(import.meta.dirname, "../../migrations", name);

test("audit entries keep their order, to the digit, and get moments that can be read", async () => {
  const db = await api.server.db();
  const { caller } = await someEntry();
  for (const table of ["resources", "transactions", "audit_log"])
    await db.prepare(`DROP TABLE ${table}`).run();
  await execute(db, migration("0001_operations.sql"));
  const old: [timestamp: string, microseconds: string][] = [
    ["2016-12-31T23:59:60.25Z", "1483228800250000"],
    ["2016-12-31T23:59:59Z", "1483228799000000"],
    ["2026-01-31T12:00:00.000000002Z", "1769860800000000"],
    ["2026-01-31T12:00:00.000000001Z", "1769860800000000"],
    ["2026-01-31T12:00:00.000001Z", "1769860800000001"],
    // What a number of JavaScript made of them.
    ["9999-12-31T23:59:59.999999Z", "253402300800000000"],
    ["9999-12-31T23:59:59.999998Z", "253402300800000000"],
    ["0001-01-01T00:00:00Z", "-62135596800000000"],
  ];
  for (const [timestamp, microseconds] of old)
    await db
      .prepare(
        `INSERT INTO audit_log (operation_id, caller, id, timestamp, timestamp_us, correlation_id, user_id, action, details)
         VALUES (?, ?, 'id', ?, CAST(? AS INTEGER), 'c', 'u', 'login', '{}')`,
      )
      .bind(newKey(), caller, timestamp, microseconds)
      .run();

  await execute(db, migration("0002_audit_pages.sql"));
  const list = await api.call(AUDIT_LOGS);

  expect(list.status).toBe(200);
  expect(list.json.map(({ timestamp }: { timestamp: string }) => timestamp)).toEqual([
    "9999-12-31T23:59:59.999999Z",
    "9999-12-31T23:59:59.999998Z",
    "2026-01-31T12:00:00.000001Z",
    "2026-01-31T12:00:00.000000002Z",
    "2026-01-31T12:00:00.000000001Z",
    "2017-01-01T00:00:00.25Z",
    "2016-12-31T23:59:59Z",
    "0001-01-01T00:00:00Z",
  ]);
});

test("an audit entry that was made before the service kept what it saw has nothing of it", async () => {
  const entry = (await api.post(AUDIT_LOG, newKey(), { as: "older" })).json;
  const db = await api.server.db();
  const columns = "received_at = NULL, remote_address = NULL, request_correlation_id = NULL";
  await db.prepare(`UPDATE audit_log SET ${columns} WHERE id = ?`).bind(entry.id).run();

  const list = await api.call(AUDIT_LOGS, { as: "older" });

  const nothing = { received_at: null, remote_address: null, request_correlation_id: null };
  expect(list.json).toEqual([{ ...entry, ...nothing }]);
});

/** What stands in the row of an entry that was made by the caller of these tests. */
async function someEntry() {
  const made = await api.post(AUDIT_LOG, newKey());
  const [row] = await api.rowsWhere("audit_log", "id", made.json.id);
  return row as { caller: string };
}
