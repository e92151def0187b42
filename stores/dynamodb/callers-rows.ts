// A caller's items in DynamoDB: rows, and what leads to them by their ids.

import { setTimeout as pause } from "node:timers/promises";
import { type CallersRows, KEYED, TABLES } from "../callers-rows.ts";
import { type Access, accessAt, type Item, requestsTo } from "./client.ts";

/** How many items one request may write. */
const MAX_WRITES = 25;

/** In a region, or at the URL of another endpoint, as `npm run migrate` takes it. */
export function rowsOf(where: string, caller: string): CallersRows {
  const { access, prefix } = accessAt(where);
  return rowsIn(access, prefix, caller);
}

export function rowsIn(access: Access, prefix: string, caller: string): CallersRows {
  const request = requestsTo(access);

  async function itemsIn(table: string): Promise<Item[]> {
    const query = {
      TableName: prefix + table,
      ConsistentRead: true,
      KeyConditionExpression: "#caller = :caller",
      ProjectionExpression: "#caller, #item, idempotency_key",
      ExpressionAttributeNames: { "#caller": "caller", "#item": "item-key" },
      ExpressionAttributeValues: { ":caller": { S: caller } },
    };
    const found: Item[] = [];
    let start: Item | undefined;
    do {
      const after = start && { ExclusiveStartKey: start };
      const page = await request<Page>("Query", { ...query, ...after });
      found.push(...page.Items);
      start = page.LastEvaluatedKey;
    } while (start !== undefined);
    return found;
  }

  async function removeFrom(table: string): Promise<number> {
    const items = await itemsIn(table);
    for (let from = 0; from < items.length; from += MAX_WRITES) {
      const deletions = items
        .slice(from, from + MAX_WRITES)
        .map(({ caller, "item-key": key }) => ({ DeleteRequest: { Key: { caller, "item-key": key } } }));
      let wanted: object = { [prefix + table]: deletions };
      while (Object.keys(wanted).length > 0) {
        const { UnprocessedItems = {} } = await request<Written>("BatchWriteItem", { RequestItems: wanted });
        wanted = UnprocessedItems;
        // What is left is too much at once.
        if (Object.keys(wanted).length > 0) await pause(200);
      }
    }
    return items.filter(isRow).length;
  }

  return {
    keys: async () => {
      const items = (await Promise.all(KEYED.map(itemsIn))).flat();
      return items.filter(isRow).map((item) => item["idempotency_key"]!.S!);
    },
    remove: async () => {
      const counts = await Promise.all(TABLES.map(removeFrom));
      return counts.reduce((sum, count) => sum + count, 0);
    },
    close: async () => {},
  };
}

interface Page {
  Items: Item[];
  LastEvaluatedKey?: Item;
}

interface Written {
  UnprocessedItems?: object;
}

const isRow = (item: Item) => item["item-key"]!.S!.startsWith("op#");
