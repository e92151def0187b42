// PostgreSQL, by Cloudflare's Hyperdrive in the binding `HYPERDRIVE`.
//
// Each question has a client of its own, which is closed: a connection belongs to the request that opened it, and Hyperdrive
// keeps those to the database. A question that is not answered in time may still have taken effect. The next attempt then
// finds its row.

import connect from "postgres";
import { asItWas, storable } from "./postgres-text.js";
import { inserted, insertion, page, search, selection } from "./sql.js";

/** In milliseconds; longer than the longest deadline of an attempt, so that nothing is cut off that somebody waits for. */
const LONGEST_MS = 26_000;

/** In seconds. Hyperdrive is near, and may have to connect first, for which it has 15 s. */
const CONNECT_TIMEOUT_S = 15;

/** What PostgreSQL says of a row that would not be unique (SQLSTATE). */
const UNIQUE_VIOLATION = "23505";

const PLACES = { decimal: "numeric", integer: "bigint", moment: "timestamptz" };

const dialect = {
  place: (number, kind) =>
    kind === "json" ? `$${number}::text::json` : `$${number}::${PLACES[kind] ?? "text"}`,
  /** As text, numbers and JSON have the digits that they were written with. */
  read: ({ name, kind }) => {
    if (kind === "moment") return `round(extract(epoch FROM ${name}) * 1000)::float8 AS ${name}`;
    return ["json", "decimal", "integer"].includes(kind) ? `${name}::text AS ${name}` : name;
  },
  number: "number",
  otherConflicts: "",
  /** An entry of an index has at most a third of a page, and a text may be longer. */
  filter: (name, value) => `md5(${name}) = md5(${value}) AND ${name} = ${value}`,
  bytes: (columns) => {
    const names = (...kinds) => columns.filter(({ kind }) => kinds.includes(kind)).map(({ name }) => name);
    const long = names("json").map((name) => `octet_length(${name}::text)`);
    return [256, ...long, `octet_length(json_build_array(${names("text", "filter")})::text)`].join(" + ");
  },
  after: (table, at, order, operationId, found) => {
    const row = `(SELECT number FROM ${table} WHERE caller = $1 AND operation_id = ${operationId})`;
    return found(`(${at}, number) < (${order}, COALESCE(${row}, 9223372036854775807))`);
  },
};

export const postgres = {
  /** The variable that is wrong, and what it must be. */
  wrong: ({ HYPERDRIVE }) =>
    typeof HYPERDRIVE?.connectionString === "string"
      ? null
      : ["HYPERDRIVE", "a binding of Hyperdrive (docs/stores.md)"],

  async insertOnce(env, table, values) {
    try {
      const [row = null] = await run(env, insertion(table, dialect), inserted(table, values));
      return row;
    } catch (error) {
      if (error.code === UNIQUE_VIOLATION) return null;
      throw error;
    }
  },

  async find(env, table, values) {
    const [row = null] = await run(env, search(table, dialect), values);
    return row;
  },

  async list(env, table, asked) {
    const { statement, values } = selection(table, asked, dialect);
    return page(await run(env, statement, values), asked[1]);
  },
};

async function run(env, statement, values) {
  const client = connect(env.HYPERDRIVE.connectionString, {
    max: 1,
    connect_timeout: CONNECT_TIMEOUT_S,
    max_lifetime: null,
    // It would ask for the types of arrays first, of which there are none.
    fetch_types: false,
    // The driver would write what the database remarks into the log.
    onnotice: () => {},
  });
  const close = () => client.end({ timeout: 0 }).catch(() => {});
  const timer = setTimeout(close, LONGEST_MS);
  try {
    const rows = await client.unsafe(statement, values.map(storable));
    return rows.map(asItWas);
  } finally {
    clearTimeout(timer);
    close();
  }
}
