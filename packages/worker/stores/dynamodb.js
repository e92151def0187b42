// Amazon DynamoDB, by requests that are signed here.
//
// A table is one of DynamoDB's. Its partitions are callers; `item-key` says what an item is: `op#<operation id>` is the row
// of an operation, and `id#<id>` leads to the row that has this id. What must be unique is a key, and each write has the
// condition that the key is absent. So DynamoDB alone decides, in one request, and it says what is there if it refuses.

import { idOf, itemOf, itemKey, rowOf } from "./dynamodb-item.js";
import { listed } from "./dynamodb-list.js";
import { wrongVariable } from "./dynamodb-variables.js";
import { pause, Refusal, requesting } from "./dynamodb-request.js";

/** In bytes: the longest name of an item, without `id#`. */
const MAX_ID_BYTES = 1021;

const IF_ABSENT = {
  ConditionExpression: "attribute_not_exists(#caller)",
  ExpressionAttributeNames: { "#caller": "caller" },
  ReturnValuesOnConditionCheckFailure: "ALL_OLD",
};

const FAILED = "ConditionalCheckFailed";
const CONFLICT = "TransactionConflict";

export const dynamodb = {
  wrong: wrongVariable,

  async insertOnce(env, table, values) {
    const item = await itemOf(table, values);
    const id = idOf(table, values);
    const stored = await requesting(env, (request, nameOf) => {
      const put = { TableName: nameOf(table), Item: item, ...IF_ABSENT };
      return id === null ? putOne(request, put) : putWithId(request, put, id);
    });
    return stored && rowOf(table, stored);
  },

  find(env, table, [caller, id]) {
    if (new TextEncoder().encode(id).length > MAX_ID_BYTES) return null;
    return requesting(env, async (request, nameOf) => {
      const read = async (key) => {
        const Key = { caller: { S: caller }, "item-key": key };
        const { Item } = await request("GetItem", { TableName: nameOf(table), Key, ConsistentRead: true });
        return Item;
      };
      const leading = await read(itemKey("id", id));
      const row = leading && (await read(leading.operation));
      return row ? rowOf(table, row) : null;
    });
  },

  list: (env, table, asked) =>
    requesting(env, (request, nameOf) => listed(request, nameOf(table), table, asked)),
};

/** The item as it is stored, whoever wrote it. */
async function putOne(request, put) {
  try {
    await request("PutItem", put);
    return put.Item;
  } catch (error) {
    if (error instanceof Refusal && error.answer.Item) return error.answer.Item;
    throw error;
  }
}

/**
 * The same of a row that has an id; `null`, if another row has it. Two attempts of one operation at the same moment are in
 * each other's way, which DynamoDB says of both: the second finds the row of the first when it asks again.
 */
async function putWithId(request, put, id) {
  const { caller, "item-key": operation } = put.Item;
  const leading = { ...put, Item: { caller, "item-key": itemKey("id", id), operation } };
  for (;;) {
    try {
      await request("TransactWriteItems", { TransactItems: [{ Put: put }, { Put: leading }] });
      return put.Item;
    } catch (error) {
      const reasons = (error instanceof Refusal && error.answer.CancellationReasons) || [];
      const codes = new Set(reasons.map(({ Code }) => Code));
      codes.delete("None");
      if (reasons[0]?.Code === FAILED) return reasons[0].Item;
      if (codes.has(CONFLICT) && [...codes].every((code) => code === CONFLICT || code === FAILED))
        await pause();
      else if (codes.has(FAILED) && codes.size === 1) return null;
      else throw error;
    }
  }
}
