// A caller's rows in PostgreSQL.

import connect from "postgres";
import { type CallersRows, KEYED, TABLES } from "../callers-rows.ts";

export function rowsOf(url: string, caller: string): CallersRows {
  const database = connect(url, { max: 1, onnotice: () => {} });
  const of = (table: string) => database`FROM ${database(table)} WHERE caller = ${caller}`;
  return {
    keys: async () => {
      const found = await Promise.all(KEYED.map((table) => database`SELECT idempotency_key ${of(table)}`));
      return found.flat().map((row) => row["idempotency_key"]);
    },
    remove: async () => {
      const deleted = await Promise.all(TABLES.map((table) => database`DELETE ${of(table)}`));
      return deleted.reduce((sum, { count }) => sum + count, 0);
    },
    close: () => database.end(),
  };
}
