// DynamoDB, as MiniStack has it: tables of its own for each Worker, whose names begin in their own way.
//
// MiniStack forgets what it has if it is killed. In the place of its crash the Worker is cut off from it, in the middle of
// whatever is under way: what was acknowledged is there, and of the rest nobody knows, which is what a crash leaves.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { rowsIn } from "../../../stores/dynamodb/callers-rows.ts";
import { type Access, type Item, requestsTo } from "../../../stores/dynamodb/client.ts";
import { makeTables } from "../../../stores/dynamodb/migrate.ts";
import { startDynamodb } from "../../../stores/dynamodb/server.ts";
import { startProxy } from "./proxy.ts";
import type { Kind, OwnStore, Row, Store, TableName } from "./store.ts";

const ROOT = join(import.meta.dirname, "../../../stores/dynamodb");
const TABLES = join(ROOT, "migrations");

/** The greatest value of the variable. */
const MAX_CONTENT_BYTES = 393_216;

export const dynamodb: Kind = {
  root: ROOT,
  wrong: [
    ["DYNAMODB_REGION", ""],
    ["MAX_CONTENT_BYTES", `${MAX_CONTENT_BYTES + 1}`],
  ],
  maxContentBytes: MAX_CONTENT_BYTES,
  serve: async () => {
    const { access, remove } = await started();
    return { address: JSON.stringify(access), stop: remove };
  },
  open: (address) => open(JSON.parse(address)),
  openOwn,
};

async function started() {
  const folder = await mkdtemp(join(tmpdir(), "edge-idempotency-dynamodb-"));
  const { access, stop } = await startDynamodb(folder);
  const remove = async () => {
    await stop();
    await rm(folder, { recursive: true, force: true });
  };
  return { access, remove };
}

/** A store at this server, which the Worker finds at another endpoint if there is one. */
async function open(access: Access, endpoint = access.endpoint): Promise<Store & Pick<OwnStore, "rowsOf">> {
  const prefix = `test-${crypto.randomUUID()}.`;
  await makeTables(access, prefix, TABLES);
  const request = requestsTo(access);
  const items = async (table: TableName) => {
    const found: Item[] = [];
    let start: Item | undefined;
    do {
      const after = start && { ExclusiveStartKey: start };
      const scan = { TableName: prefix + table, ConsistentRead: true, ...after };
      const page = await request<{ Items: Item[]; LastEvaluatedKey?: Item }>("Scan", scan);
      found.push(...page.Items);
      start = page.LastEvaluatedKey;
    } while (start !== undefined);
    return found;
  };
  const itemsOfRows = async (table: TableName, column?: string, value?: string) =>
    (await items(table)).filter(
      (item) =>
        item["item-key"]!.S!.startsWith("op#") && (column === undefined || rowOf(item)[column] === value),
    );
  const text = (value: string) => ({ type: "text" as const, value });
  return {
    name: "dynamodb",
    env: {
      DYNAMODB_REGION: text(access.region),
      DYNAMODB_ENDPOINT: text(endpoint),
      DYNAMODB_TABLE_PREFIX: text(prefix),
      AWS_ACCESS_KEY_ID: text(access.accessKeyId),
      AWS_SECRET_ACCESS_KEY: text(access.secretAccessKey),
    },
    compatibilityFlags: [],
    rows: async (...asked) => (await itemsOfRows(...asked)).map(rowOf),
    remove: async (table, column, value) => {
      for (const { caller, "item-key": key } of await itemsOfRows(table, column, value))
        await request("DeleteItem", { TableName: prefix + table, Key: { caller, "item-key": key } });
    },
    without: async (table, meanwhile) => {
      const kept = await items(table);
      await request("DeleteTable", { TableName: prefix + table });
      try {
        return await meanwhile();
      } finally {
        await makeTables(access, prefix, TABLES);
        for (const Item of kept) await request("PutItem", { TableName: prefix + table, Item });
      }
    },
    rowsOf: (caller) => rowsIn(access, prefix, caller),
    stop: async () => {},
  };
}

async function openOwn(): Promise<OwnStore> {
  const { access, remove } = await started();
  const proxy = await startProxy(Number(new URL(access.endpoint).port));
  return {
    ...(await open(access, `http://${proxy.host}`)),
    crash: proxy.cut,
    recover: proxy.restore,
    hold: (_, meanwhile) => proxy.hold(meanwhile),
    stop: async () => {
      await proxy.stop();
      await remove();
    },
  };
}

/** As its columns are, beside what else the item has. */
function rowOf(item: Item): Row {
  const columns = Object.entries(item).map(([name, { S, N }]) => [name, S ?? Number(N)]);
  const operation = item["item-key"]!.S!.slice("op#".length);
  return { ...Object.fromEntries(columns), operation_id: operation };
}
