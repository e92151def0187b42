// D1, of the runtime that the Worker is in: one database, or many.

import type { Database } from "../server.ts";
import type { Row, Store, TableName } from "./store.ts";

export function d1(databases: () => Promise<Database[]>): Store {
  const run = async (sql: string, ...values: string[]) => {
    const asked = (await databases()).map((database) =>
      database
        .prepare(sql)
        .bind(...values)
        .all<Row>(),
    );
    return (await Promise.all(asked)).flatMap(({ results }) => results);
  };
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
