// Rows as DynamoDB's items.
//
// Names of columns are attributes. What else an item has is named with a dash, which columns are not. A row of a table that
// is listed has a sort key for its order, and one for each column by which lists are filtered: `by-<column>`.

/** In bytes: about what a row has beside its texts. */
const ROW_BYTES = 256;

/** In digits, of milliseconds since 1970. */
const BEGUN_DIGITS = 15;

/** Before what is added to an order: the least character, so that it changes nothing between two orders. */
const END_OF_ORDER = "\0";

export const itemKey = (kind, id) => ({ S: `${kind}#${id}` });

export const operationOf = ({ "item-key": { S: key } }) => key.slice("op#".length);

/** The id of a row, if it has one by which it is found. */
export function idOf({ columns }, [, , , ...values]) {
  return values.find((value, at) => columns[at].kind === "id" && value !== null) ?? null;
}

/** The item of an operation's row: `values` are as for `insertOnce`. */
export async function itemOf(table, [begunAt, operationId, caller, ...values]) {
  const item = { caller: { S: caller }, "item-key": itemKey("op", operationId) };
  for (const [at, { name, kind }] of table.columns.entries())
    if (values[at] !== null) item[name] = attribute(kind, values[at]);
  const order = item[orderOf(table)];
  if (order === undefined) return item;
  const sortKey = `${order.S}${END_OF_ORDER}${tieBreak(begunAt, operationId)}`;
  item[by(orderOf(table))] = { S: sortKey };
  for (const { name, kind } of table.columns)
    if (kind === "filter" && item[name]) item[by(name)] = { S: (await filterPrefix(item[name].S)) + sortKey };
  item["item-bytes"] = { N: String(bytesOf(table, item)) };
  return item;
}

export function rowOf({ columns }, item) {
  const value = ({ name, kind }) => {
    const { S: text, N: number } = item[name] ?? {};
    return kind === "moment" && number !== undefined ? Number(number) : (text ?? number ?? null);
  };
  return Object.fromEntries(columns.map((column) => [column.name, value(column)]));
}

/** The attribute, and the index, in which rows are sorted for lists by this column. */
export const by = (column) => `by-${column}`;

/** The column that lists are sorted by, if there are any. */
export const orderOf = ({ columns }) => columns.find(({ kind }) => kind === "order")?.name;

/**
 * What the sort keys of rows with this value begin with: 128 bits of its SHA-256, since values may be longer than sort keys,
 * which have 1,024 bytes at most.
 */
export async function filterPrefix(value) {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(value));
  return `${[...new Uint8Array(digest, 0, 16)].map((byte) => byte.toString(16).padStart(2, "0")).join("")}#`;
}

/** From a sort key, without what it begins with, to the order, and what tells rows with the same one apart. */
export function partsOf(sortKey) {
  const at = sortKey.lastIndexOf(END_OF_ORDER);
  return { order: sortKey.slice(0, at), rest: sortKey.slice(at) };
}

/** A sort key that is greater than those of all rows with this order, and less than those of all greater orders. */
export const afterAll = (order) => `${order}\u0001`;

/** Of rows with the same order, those of operations that were begun later are the greater ones. */
function tieBreak(begunAt, operationId) {
  return `${String(begunAt).padStart(BEGUN_DIGITS, "0")} ${operationId}`;
}

/** JSON and decimals are texts: DynamoDB's numbers drop the zeros at their end. */
function attribute(kind, value) {
  return kind === "moment" || kind === "integer" ? { N: String(value) } : { S: value };
}

/** How many bytes the row has in an answer, about. */
function bytesOf({ columns }, item) {
  const texts = (...kinds) =>
    columns.filter(({ name, kind }) => kinds.includes(kind) && item[name]).map(({ name }) => item[name].S);
  const length = (text) => new TextEncoder().encode(text).length;
  const json = texts("json").reduce((sum, text) => sum + length(text), 0);
  return ROW_BYTES + json + length(JSON.stringify(texts("text", "filter")));
}
