// Cloudflare's D1, in the binding `DB`.

import { inserted, insertion, page, search, selection } from "./sql.js";

const dialect = {
  place: (number) => `?${number}`,
  read: ({ name }) => name,
  number: "rowid",
  otherConflicts: "ON CONFLICT DO NOTHING",
  /** The plus keeps the indexes of all filters but the first out of it. */
  filter: (name, at) => (at === 0 ? name : `+${name}`),
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

export const d1 = {
  async insertOnce(env, table, values) {
    const statement = made(insertions, table, insertion);
    const [row = null] = await run(env, statement, inserted(table, values));
    return row;
  },

  async find(env, table, values) {
    const [row = null] = await run(env, made(searches, table, search), values);
    return row;
  },

  async list(env, table, asked) {
    const { statement, values } = selection(table, asked, dialect);
    return page(await run(env, statement, values), asked[1]);
  },
};

function made(statements, table, make) {
  if (!statements.has(table)) statements.set(table, make(table, dialect));
  return statements.get(table);
}

async function run(env, statement, values) {
  const { results } = await env.DB.prepare(statement)
    .bind(...values)
    .all();
  return results;
}
