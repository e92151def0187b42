// The statements of stores in SQL. A dialect says how it writes what differs: a value's place, a column to be read, the
// number in whose order rows came, and how many bytes a row has.

/** What `insertOnce` runs, and which of a table's columns it fills: one that rows are sorted by, the table fills itself. */
export function insertion({ name, columns }, dialect) {
  const filled = columns.filter(({ kind }) => kind !== "order");
  const places = filled.map(({ kind }, at) => dialect.place(at + 3, kind));
  const names = ["operation_id", "caller", ...filled.map(({ name }) => name)];
  // The update changes nothing. It has the row returned that is there.
  return `INSERT INTO ${name} (${names}) VALUES (${[dialect.place(1, "text"), dialect.place(2, "text"), ...places]})
    ON CONFLICT (operation_id) DO UPDATE SET operation_id = excluded.operation_id ${dialect.otherConflicts}
    RETURNING ${read(columns, dialect)}`;
}

/** The values for an insertion: the operation's id, the caller, and what is in the columns that it fills. */
export function inserted({ columns }, [, operationId, caller, ...values]) {
  return [operationId, caller, ...values.filter((_, at) => columns[at].kind !== "order")];
}

export function search({ name, columns }, dialect) {
  return `SELECT ${read(columns, dialect)} FROM ${name}
    WHERE caller = ${dialect.place(1, "text")} AND id = ${dialect.place(2, "text")}`;
}

/** The rows that a list may have, measured: `number`, `at`, `bytes` of each. `place` gives a value its place. */
export function candidates(
  { name, columns },
  [caller, , , , order, operationId, ...filters],
  dialect,
  place,
) {
  const [{ name: at }] = columns.filter(({ kind }) => kind === "order");
  const conditions = [`caller = ${place(caller, "text")}`];
  for (let n = 0; n < filters.length; n += 2)
    conditions.push(dialect.filter(filters[n], place(filters[n + 1], "text"), n));
  const found = (...after) =>
    `SELECT ${dialect.number} AS number, ${at} AS at, ${dialect.bytes(columns)} AS bytes, operation_id
      FROM ${name} WHERE ${[...conditions, ...after].join(" AND ")}`;
  if (order === null) return found();
  return dialect.after(name, at, place(order, "text"), place(operationId, "text"), found);
}

/**
 * A page of a list, and its values. Its rows are found in an index and measured before any of them is read: `found` says
 * how many there were, which is one more than wanted if there are more.
 */
export function selection(table, asked, dialect) {
  const [, limit, offset, maxBytes] = asked;
  const { name, columns } = table;
  const values = [];
  const place = (value, kind) => dialect.place(values.push(value), kind);
  const [{ name: at }] = columns.filter(({ kind }) => kind === "order");
  const statement = `SELECT ${read(columns, dialect)}, found, ${at} || '_' || ${name}.operation_id AS place
    FROM (
      SELECT number, bytes, COUNT(*) OVER () AS found, SUM(bytes) OVER
        (ORDER BY at DESC, number DESC ROWS UNBOUNDED PRECEDING) AS bytes_so_far
      FROM (${candidates(table, asked, dialect, place)} ORDER BY at DESC, number DESC
        LIMIT ${place(limit, "integer")} + 1 OFFSET ${place(offset, "integer")}) AS measured
    ) AS page JOIN ${name} ON ${name}.${dialect.number} = page.number
    WHERE bytes_so_far = bytes OR bytes_so_far <= ${place(maxBytes, "integer")} ORDER BY bytes_so_far`;
  return { statement, values };
}

/** A page of what a selection has found, of which it may have `limit` rows. */
export function page(found, limit) {
  const rows = found.slice(0, limit);
  const last = rows.at(-1);
  return [rows, last !== undefined && last.found > rows.length ? last.place : null];
}

export const read = (columns, dialect) => columns.map((column) => dialect.read(column)).join(", ");
