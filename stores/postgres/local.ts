// What `npm start -- --store postgres` needs beside the Worker: a server, and its tables.

import { join } from "node:path";
import { migrate } from "./migrate.ts";
import { startPostgres } from "./server.ts";

/** Starts it; its data stays in `folder`. */
export async function start(folder: string): Promise<{ env: NodeJS.ProcessEnv; stop(): Promise<void> }> {
  const server = await startPostgres(join(folder, "postgres"));
  const url = server.url("postgres");
  await migrate(url, join(import.meta.dirname, "migrations"));
  console.log(`• PostgreSQL: psql ${url}`);
  return { env: { CLOUDFLARE_HYPERDRIVE_LOCAL_CONNECTION_STRING_HYPERDRIVE: url }, stop: server.stop };
}
