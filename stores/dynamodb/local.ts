// What `npm start -- --store dynamodb` needs beside the Worker: a server, and its tables.

import { join } from "node:path";
import { makeTables } from "./migrate.ts";
import { startDynamodb } from "./server.ts";

const PREFIX = "edge-idempotency.";

/** Starts it; its data stays in `folder`, if it is stopped and not killed. */
export async function start(folder: string): Promise<{ options: string[]; stop(): Promise<void> }> {
  const { access, stop } = await startDynamodb(join(folder, "dynamodb"));
  await makeTables(access, PREFIX, join(import.meta.dirname, "migrations"));
  const key = `AWS_ACCESS_KEY_ID=${access.accessKeyId} AWS_SECRET_ACCESS_KEY=${access.secretAccessKey}`;
  const at = `--region ${access.region} --endpoint-url ${access.endpoint}`;
  console.log(`• DynamoDB: ${key} aws dynamodb scan --table-name ${PREFIX}resources ${at}`);
  const vars = {
    DYNAMODB_TABLE_PREFIX: PREFIX,
    DYNAMODB_REGION: access.region,
    DYNAMODB_ENDPOINT: access.endpoint,
    AWS_ACCESS_KEY_ID: access.accessKeyId,
    AWS_SECRET_ACCESS_KEY: access.secretAccessKey,
  };
  return { options: Object.entries(vars).flatMap(([name, value]) => ["--var", `${name}:${value}`]), stop };
}
