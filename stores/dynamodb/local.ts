// What `npm start -- --store dynamodb` needs beside the Worker: a server, and its tables.

import { join } from "node:path";
import { makeTables } from "./migrate.ts";
import { startDynamodb } from "./server.ts";

/** Starts it; its data stays in `folder`, if it is stopped and not killed. */
export async function start(folder: string): Promise<{ options: string[]; stop(): Promise<void> }> {
  const { access, stop } = await startDynamodb(join(folder, "dynamodb"));
  await makeTables(access, "", join(import.meta.dirname, "migrations"));
  console.log(`• DynamoDB: aws dynamodb scan --table-name resources --endpoint-url ${access.endpoint}`);
  const vars = {
    DYNAMODB_ENDPOINT: access.endpoint,
    AWS_ACCESS_KEY_ID: access.accessKeyId,
    AWS_SECRET_ACCESS_KEY: access.secretAccessKey,
  };
  return { options: Object.entries(vars).flatMap(([name, value]) => ["--var", `${name}:${value}`]), stop };
}
