// Cloudflare's D1, in the binding `DB`.

import { inserted, insertion, page, search, selection } from "./sql.js";

export const dialect = {
  place: (number) => `?${number}`,
  read: ({ name }) => name,
  number: "rowid",
  otherConflicts: "ON CONFLICT DO NOTHING",
  /** The plus keeps the indexes of all filters but the first out of it. */
  filter: (name, value, at) => `${at === 0 ? "" : "+"}${name} = ${value}`,
  bytes: (columns) => {
    const names = (...kinds) => columns.filter(({ kind }) => kinds.includes(kind)).map(({ name }) => name);
    const long = names("json").map((name) => `octet_length(${name})`);
    return [256, ...long, `octet_length(json_array(${names("text", "filter")}))`].join(" + ");
  },
  /** In one condition SQLite would search for the moment alone, and read all entries that have it. */
  after: (table, at, order, operationId, found) => {
    const row = `(SELECT rowid FROM ${table} WHERE caller = ?1 AND operation_id = ${operationId})`;
    const same = found(`${at} = ${order}`, `rowid < COALESCE(${row}, 9223372036854775807)`);
    return `${same} UNION ALL ${found(`${at} < ${order}`)}`;
  },
};

/** Statements by their tables. */
const insertions = new Map();
const searches = new Map();

/** What is asked of one database, which is a binding. */
export const database = {
  async insertOnce(binding, table, values) {
    const statement = made(insertions, table, insertion);
    const [row = null] = await run(binding, statement, inserted(table, values));
    return row;
  },

  async find(binding, table, values) {
    const [row = null] = await run(binding, made(searches, table, search), values);
    return row;
  },

  async list(binding, table, asked) {
    const { statement, values } = selection(table, asked, dialect);
    return page(await run(binding, statement, values), asked[1]);
  },
};

/** What `wrong` says of the names of databases. */
export const WRONG_DATABASES = [
  "OPERATION_DATABASES",
  "absent, or names of D1 bindings, with times for those added later, in a bundle built for it (docs/stores.md)",
];

export const d1 = {
  wrong({ OPERATION_DATABASES: names }) {
    return names === undefined || names === "" ? null : WRONG_DATABASES;
  },
  insertOnce: (env, table, values) => database.insertOnce(env.DB, table, values),
  find: (env, table, values) => database.find(env.DB, table, values),
  list: (env, table, asked) => database.list(env.DB, table, asked),
};

function made(statements, table, make) {
  if (!statements.has(table)) statements.set(table, make(table, dialect));
  return statements.get(table);
}

export async function run(binding, statement, values) {
  if (binding === undefined)
    throw new Error("a binding of D1 is missing in wrangler.toml: DB, or what OPERATION_DATABASES names");
  const { results } = await binding
    .prepare(statement)
    .bind(...values)
    .all();
  return results;
}
