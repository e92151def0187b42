// Applies migrations to a PostgreSQL database: those that it has not had before, each in a transaction of its own.

import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import connect from "postgres";

/** Any number: whoever has the lock of this number applies migrations, and others wait. */
const LOCK = 4_700_103;

/** Applies what is in `folder`, in the order of its names; returns what was new. */
export async function migrate(url: string, folder: string): Promise<string[]> {
  const database = connect(url, { max: 1, onnotice: () => {} });
  try {
    await database`SELECT pg_advisory_lock(${LOCK})`;
    await database`CREATE TABLE IF NOT EXISTS applied_migrations (name text PRIMARY KEY, at timestamptz DEFAULT now())`;
    const applied = new Set((await database`SELECT name FROM applied_migrations`).map(({ name }) => name));
    const files = (await readdir(folder)).filter((name) => name.endsWith(".sql")).sort();
    const wanted = files.filter((name) => !applied.has(name));
    for (const name of wanted) {
      const statements = await readFile(join(folder, name), "utf8");
      await database.begin(async (transaction) => {
        await transaction.unsafe(statements);
        await transaction`INSERT INTO applied_migrations (name) VALUES (${name})`;
      });
    }
    return wanted;
  } finally {
    await database.end();
  }
}
