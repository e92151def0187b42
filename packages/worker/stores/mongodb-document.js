// A row as a document of MongoDB, and back.
//
// `_id` is the operation's id: MongoDB has it unique in every collection. What lists need begins with `_` too: `_place`, in
// whose order they are, and `_bytes`, how long the row is.

/** A decimal and JSON stay texts: `Decimal128` has 34 digits, and an object would lose the digits of its numbers. */
const STORED = {
  moment: (value) => new Date(value),
  integer: (value) => BigInt(value),
};

const READ = {
  moment: (value) => value.getTime(),
  integer: (value) => String(value),
};

const converted = (convert, value) => (convert === undefined || value === null ? value : convert(value));

export function documentOf({ columns }, [begunAt, operationId, caller, ...values]) {
  const document = { _id: operationId, caller };
  for (const [n, { name, kind }] of columns.entries()) {
    document[name] = converted(STORED[kind], values[n]);
    if (kind === "order") document._place = placeOf(values[n], begunAt, operationId);
  }
  if (document._place !== undefined) document._bytes = bytesOf(columns, values);
  return document;
}

export function rowOf({ columns }, document) {
  return Object.fromEntries(
    columns.map(({ name, kind }) => [name, converted(READ[kind], document[name] ?? null)]),
  );
}

/** When an operation was begun, in milliseconds of so many digits. */
const DIGITS = 15;

/**
 * One text for the order, when the operation was begun, and its id, none of which an attempt changes. A blank is before all
 * other characters, so that of two orders of which one begins with the other, the shorter is first. The `@` is for servers
 * that take a text that begins with a date for a time, without its nanoseconds.
 */
function placeOf(order, begunAt, operationId) {
  return `@${order} ${String(begunAt).padStart(DIGITS, "0")} ${operationId}`;
}

/** What is after all places with this order, and before those with a greater one. */
export function placeAfter(order) {
  return `@${order}!`;
}

export function readPlace(place) {
  const [, order, operationId] = /^@(.*) \d+ (\S+)$/s.exec(place);
  return { order, operationId };
}

/** How long a row is in an answer, about: names, numbers and times are short. */
function bytesOf(columns, values) {
  const texts = (...kinds) => values.filter((value, n) => value !== null && kinds.includes(columns[n].kind));
  const bytes = (text) => new TextEncoder().encode(text).length;
  return 256 + bytes(texts("json").join("")) + bytes(JSON.stringify(texts("text", "filter")));
}
