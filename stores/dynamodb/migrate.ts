// Makes the tables that are not there. Indexes are local ones, which a table has from its beginning or not at all.

import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { type Access, accessAt, DynamodbError, type Requests, requestsTo } from "./client.ts";

interface Table {
  TableName: string;
  KeySchema: { AttributeName: string }[];
  LocalSecondaryIndexes?: { IndexName: string }[];
}

type Described = Table & { TableStatus: string };

/** In a region, such as `eu-central-1`, or at the URL of another endpoint. */
export async function migrate(where: string, folder: string): Promise<string[]> {
  const { access, prefix } = accessAt(where);
  return await makeTables(access, prefix, folder);
}

/** Makes what is in `folder`, each name with this prefix; returns what was new, once it can be used. */
export async function makeTables(access: Access, prefix: string, folder: string): Promise<string[]> {
  const request = requestsTo(access);
  const made: string[] = [];
  for (const file of (await readdir(folder)).filter((name) => name.endsWith(".json")).sort()) {
    const wanted: Table = JSON.parse(await readFile(join(folder, file), "utf8"));
    wanted.TableName = prefix + wanted.TableName;
    const there = await described(request, wanted.TableName);
    if (there === undefined) {
      await request("CreateTable", wanted);
      made.push(wanted.TableName);
    } else if (shape(there) !== shape(wanted))
      throw new Error(`${wanted.TableName} is there, and has other keys or indexes than ${file}.`);
  }
  for (const name of made)
    while ((await described(request, name))?.TableStatus !== "ACTIVE") await pause(500);
  return made;
}

async function described(request: Requests, TableName: string): Promise<Described | undefined> {
  try {
    const { Table } = await request<{ Table: Described }>("DescribeTable", { TableName });
    return Table;
  } catch (error) {
    if (error instanceof DynamodbError && error.message.includes("ResourceNotFoundException"))
      return undefined;
    throw error;
  }
}

function shape({ KeySchema, LocalSecondaryIndexes = [] }: Table): string {
  const indexes = LocalSecondaryIndexes.map(({ IndexName }) => IndexName).sort();
  return JSON.stringify([KeySchema.map(({ AttributeName }) => AttributeName), indexes]);
}
