// What `npm start -- --store mongodb` needs beside the Worker: a server, its indexes, and the driver's Worker.

import { join } from "node:path";
import { migrate } from "./migrate.ts";
import { startMongodb } from "./server.ts";

interface Local {
  env: NodeJS.ProcessEnv;
  options: string[];
  stop(): Promise<void>;
}

/** Starts it; its data stays in `folder`. */
export async function start(folder: string): Promise<Local> {
  const server = await startMongodb(join(folder, "mongodb"));
  const url = server.url("shop");
  await migrate(url, join(import.meta.dirname, "migrations"));
  console.log(`• A server that is compatible with MongoDB: mongosh ${url}`);
  const options = ["wrangler.toml", "driver/wrangler.toml"].flatMap((name) => ["--config", name]);
  return { env: { MONGODB_URL: url }, options, stop: server.stop };
}
