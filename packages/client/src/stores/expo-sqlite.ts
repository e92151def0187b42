/**
 * A store in a table of `expo-sqlite`. It works synchronously, in a transaction that locks the database from its
 * beginning, so it needs a database of its own: `SQLite.openDatabaseSync("edge-idempotency.db")`.
 */

import type { Entry, Store } from "../types.js";
import { changed, read } from "./text.js";

/** Of a database of `expo-sqlite`, what the store uses. */
export interface SQLiteDatabase {
  execSync(source: string): void;
  runSync(source: string, params: string[]): unknown;
  getAllSync<T>(source: string, params: string[]): T[];
}

interface Row {
  name: string;
  value: string;
}

export function expoSqliteStore<T = Entry>(database: SQLiteDatabase): Store<T> {
  database.execSync("CREATE TABLE IF NOT EXISTS idempotency (name TEXT PRIMARY KEY, value TEXT NOT NULL)");
  return {
    async update(name, change) {
      database.execSync("BEGIN IMMEDIATE");
      try {
        const rows = database.getAllSync<Row>("SELECT name, value FROM idempotency WHERE name = ?", [name]);
        const text = changed(rows[0]?.value ?? null, change);
        if (text === null) database.runSync("DELETE FROM idempotency WHERE name = ?", [name]);
        else if (text !== undefined) {
          database.runSync("INSERT OR REPLACE INTO idempotency VALUES (?, ?)", [name, text]);
        }
        database.execSync("COMMIT");
      } catch (error) {
        database.execSync("ROLLBACK");
        throw error;
      }
    },
    list: async () =>
      database
        .getAllSync<Row>("SELECT name, value FROM idempotency", [])
        .map(({ name, value }) => [name, read(value)]),
  };
}
