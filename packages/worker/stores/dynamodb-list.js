// Lists: rows are found and measured in an index, and then those of the page are read. Local indexes can be read
// consistently, so that a list has what was written before.

import {
  afterAll,
  by,
  filterPrefix,
  itemKey,
  operationOf,
  orderOf,
  partsOf,
  rowOf,
} from "./dynamodb-item.js";
import { pause } from "./dynamodb-request.js";

/** How many items one request may ask for. */
const MAX_KEYS = 100;

/** A page of the rows of `table`, whose name is `TableName` there, and where it ended. */
export async function listed(request, TableName, table, asked) {
  const [caller, limit, offset, maxBytes] = asked;
  const { query, prefix, index } = await queryOf(TableName, table, asked);
  const start = await startOf(request, TableName, table, asked, index, prefix);
  const found = await measured(request, query, start, offset + limit + 1);
  const wanted = found.slice(offset, offset + limit);
  let bytes = 0;
  const tooMany = wanted.findIndex((item, n) => (bytes += Number(item["item-bytes"].N)) > maxBytes && n > 0);
  const page = tooMany < 0 ? wanted : wanted.slice(0, tooMany);
  const items = await read(request, TableName, caller, page);
  const rows = page.flatMap((item) => items.get(operationOf(item)) ?? []).map((item) => rowOf(table, item));
  const isMore = found.length > offset + page.length;
  return [rows, isMore ? placeOf(page.at(-1), index, prefix) : null];
}

/** The query for all rows that the list may have. Of several filters, the first declared has the index. */
async function queryOf(TableName, table, [caller, , , , , , ...filters]) {
  const given = new Map();
  for (let n = 0; n < filters.length; n += 2) given.set(filters[n], await filterPrefix(filters[n + 1]));
  const [first, ...others] = table.columns.map(({ name }) => name).filter((name) => given.has(name));
  const index = by(first ?? orderOf(table));
  const prefix = given.get(first) ?? "";
  const names = { "#caller": "caller", "#key": "item-key", "#bytes": "item-bytes", "#by": index };
  const values = { ":caller": { S: caller } };
  if (prefix !== "") values[":prefix"] = { S: prefix };
  for (const [n, name] of others.entries()) {
    names[`#other${n}`] = by(name);
    values[`:other${n}`] = { S: given.get(name) };
  }
  const query = {
    TableName,
    IndexName: index,
    ConsistentRead: true,
    ScanIndexForward: false,
    ProjectionExpression: "#key, #bytes, #by",
    KeyConditionExpression: `#caller = :caller${prefix && " AND begins_with(#by, :prefix)"}`,
    ...(others.length > 0 && {
      FilterExpression: others.map((_, n) => `begins_with(#other${n}, :other${n})`).join(" AND "),
    }),
    ExpressionAttributeNames: names,
    ExpressionAttributeValues: values,
  };
  return { query, prefix, index };
}

/** After which key the list begins, if a page came before it. */
async function startOf(request, TableName, table, asked, index, prefix) {
  const [caller, , , , order, operationId] = asked;
  if (order === null) return undefined;
  const Key = { caller: { S: caller }, "item-key": itemKey("op", operationId) };
  const { Item: last } = await request("GetItem", { TableName, Key, ConsistentRead: true });
  const sortKey = last?.[by(orderOf(table))]?.S;
  // If the row has been deleted, all rows with the same order come again.
  const place = sortKey === undefined ? afterAll(order) : order + partsOf(sortKey).rest;
  return { ...Key, [index]: { S: prefix + place } };
}

/** So many of the rows that a query finds, if there are so many. DynamoDB reads a megabyte of the index at once. */
async function measured(request, query, start, most) {
  const found = [];
  // With a filter, more are to be read than are found.
  const limited = query.FilterExpression === undefined ? { Limit: most } : {};
  do {
    const after = start && { ExclusiveStartKey: start };
    const { Items, LastEvaluatedKey } = await request("Query", { ...query, ...limited, ...after });
    found.push(...Items);
    start = LastEvaluatedKey;
  } while (start !== undefined && found.length < most);
  return found;
}

/** The items of rows that were found, by their operations. */
async function read(request, TableName, caller, found) {
  const keys = found.map((item) => ({ caller: { S: caller }, "item-key": item["item-key"] }));
  const parts = [];
  while (keys.length > 0) parts.push(keys.splice(0, MAX_KEYS));
  const items = await Promise.all(parts.map((Keys) => readPart(request, TableName, Keys)));
  return new Map(items.flat().map((item) => [operationOf(item), item]));
}

/** DynamoDB may leave out what is too much at once. */
async function readPart(request, TableName, Keys) {
  const items = [];
  let wanted = { [TableName]: { Keys, ConsistentRead: true } };
  for (;;) {
    const { Responses, UnprocessedKeys } = await request("BatchGetItem", { RequestItems: wanted });
    items.push(...(Responses[TableName] ?? []));
    if (UnprocessedKeys?.[TableName] === undefined) return items;
    wanted = UnprocessedKeys;
    await pause();
  }
}

function placeOf(item, index, prefix) {
  return `${partsOf(item[index].S.slice(prefix.length)).order}_${operationOf(item)}`;
}
