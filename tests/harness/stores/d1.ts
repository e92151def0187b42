// D1, of the runtime that the Worker is in.

import type { Database } from "../server.ts";
import type { Row, Store, TableName } from "./store.ts";

export function d1(db: () => Promise<Database>): Store {
  const run = async (sql: string, ...values: string[]) =>
    (
      await (
        await db()
      )
        .prepare(sql)
        .bind(...values)
        .all<Row>()
    ).results;
  return {
    name: "d1",
    env: { DB: { type: "d1", id: "DB" } },
    compatibilityFlags: [],
    rows: (table, column, value) =>
      column === undefined
        ? run(`SELECT * FROM ${table}`)
        : run(`SELECT * FROM ${table} WHERE ${column} = ?`, value!),
    remove: async (table, column, value) => {
      await run(`DELETE FROM ${table} WHERE ${column} = ?`, value);
    },
    without: async <T>(table: TableName, meanwhile: () => Promise<T>) => {
      await run(`ALTER TABLE ${table} RENAME TO ${table}_away`);
      try {
        return await meanwhile();
      } finally {
        await run(`ALTER TABLE ${table}_away RENAME TO ${table}`);
      }
    },
    stop: async () => {},
  };
}
