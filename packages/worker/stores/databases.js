// Many D1 databases in the place of one. A caller's rows are in one of them, which its digest chooses.
//
// `OPERATION_DATABASES` names the bindings. One that is added later has the time from which on it may be chosen:
// `DB,DB_2@2026-12-01T00:00:00Z`. An operation is written where its caller belonged when the operation was begun, which all
// its attempts agree on, whatever the variable says by then. So none of them writes where another has not looked.

import { database, dialect, run, WRONG_DATABASES } from "./d1.js";
import { candidates, read } from "./sql.js";

/** How much clocks may differ, in milliseconds: what another machine has written already can be read. */
const SKEW_MS = 60_000;

const NAME = /^[A-Za-z_]\w*$/;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;

export const databases = {
  wrong(env) {
    const names = namesIn(env);
    const are = (test) => names.every(test);
    const isRight =
      are(({ name }, n) => NAME.test(name) && names.findIndex((other) => other.name === name) === n) &&
      are(({ name }) => typeof env[name]?.prepare === "function") &&
      are(({ since }) => !Number.isNaN(since)) &&
      names.some(({ since }) => since === 0);
    return isRight ? null : WRONG_DATABASES;
  },

  insertOnce(env, table, values) {
    const [begunAt, , caller] = values;
    return database.insertOnce(env[chosen(namesIn(env), caller, begunAt)], table, values);
  },

  async find(env, table, values) {
    for (const name of everChosen(namesIn(env), values[0])) {
      const row = await database.find(env[name], table, values);
      if (row !== null) return row;
    }
    return null;
  },

  list(env, table, asked) {
    const [name, ...before] = everChosen(namesIn(env), asked[0]);
    if (before.length === 0) return database.list(env[name], table, asked);
    return merged(
      [name, ...before].map((name) => env[name]),
      table,
      asked,
    );
  },
};

/** From `DB,DB_2@2026-12-01T00:00:00Z` to names, and when each was added: 0 if it has always been there. */
function namesIn({ OPERATION_DATABASES: text }) {
  if (text === undefined || text === "") return [{ name: "DB", since: 0 }];
  return String(text)
    .split(",")
    .map((part) => {
      const [name, ...time] = part.trim().split("@");
      return { name, since: time.length === 0 ? 0 : timeOf(time.join("@")) };
    });
}

function timeOf(text) {
  return TIME.test(text) ? Date.parse(text) : NaN;
}

/**
 * Where the caller belonged at this time: to the database of those there were with the greatest weight for it (rendezvous
 * hashing). One that is added takes its share of callers from all others, and moves nobody between those.
 */
function chosen(names, caller, time) {
  let [best, most] = ["", -1];
  for (const { name, since } of names) {
    const weight = since <= time ? weightOf(`${caller} ${name}`) : -1;
    if (weight > most) [best, most] = [name, weight];
  }
  return best;
}

/** Wherever the caller may have rows, where it has belonged last first. */
function everChosen(names, caller) {
  const times = names.map(({ since }) => since).filter((since) => since <= Date.now() + SKEW_MS);
  times.sort((one, other) => other - one);
  return [...new Set(times.map((time) => chosen(names, caller, time)))];
}

/** FNV-1a of 32 bits, and MurmurHash3's last step, which spreads it. Another function would lose what is stored. */
function weightOf(text) {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/**
 * A page of the rows of several databases, the last chosen first: of rows with the same `order`, those in it are later. What
 * each has is measured, the page is chosen, and then its rows are read.
 */
async function merged(bindings, table, asked) {
  const [caller, limit, offset, maxBytes, , operationId] = asked;
  const holders = await Promise.all(bindings.map((binding) => holds(binding, table, caller, operationId)));
  const holder = holders.indexOf(true);
  const measured = await Promise.all(
    bindings.map((binding, n) => measure(binding, table, asked, n < holder)),
  );
  const all = measured.flatMap((rows, n) => rows.map((row) => ({ ...row, binding: bindings[n] })));
  // It is stable: rows with the same `order` stay as they are.
  all.sort((one, other) => (one.at < other.at ? 1 : one.at > other.at ? -1 : 0));
  const wanted = all.slice(offset, offset + limit);
  let bytes = 0;
  const tooMany = wanted.findIndex((row, n) => (bytes += row.bytes) > maxBytes && n > 0);
  const page = tooMany < 0 ? wanted : wanted.slice(0, tooMany);
  const rows = await Promise.all(bindings.map((binding) => rowsOf(binding, table, caller, page)));
  const byOperation = new Map(rows.flat().map((row) => [row.operation_id, row]));
  const last = page.at(-1);
  const isMore = all.length > offset + page.length;
  return [
    page.flatMap(({ operation_id }) => byOperation.get(operation_id) ?? []),
    isMore ? `${last.at}_${last.operation_id}` : null,
  ];
}

/** Whether the database has the row that the page before ended with. */
async function holds(binding, { name }, caller, operationId) {
  if (operationId === null) return false;
  const statement = `SELECT 1 FROM ${name} WHERE caller = ? AND operation_id = ?`;
  return (await run(binding, statement, [caller, operationId])).length > 0;
}

/** What the database has of the list: of rows with the same `order` as the page before ended with none, if `isPast`. */
function measure(binding, table, asked, isPast) {
  const [, limit, offset] = asked;
  const values = [];
  const place = (value) => dialect.place(values.push(value));
  const after = {
    ...dialect,
    after: (_, at, order, operationId, found) => found(`${at} < ${order}`, `${operationId} <> ''`),
  };
  const found = candidates(table, asked, isPast ? after : dialect, place);
  const most = place(limit + offset + 1);
  return run(binding, `SELECT * FROM (${found}) ORDER BY at DESC, number DESC LIMIT ${most}`, values);
}

/** Those of these rows that are in the database. D1 takes a hundred values, and more in one. */
function rowsOf(binding, { name, columns }, caller, rows) {
  const own = rows.filter((row) => row.binding === binding).map((row) => row.operation_id);
  if (own.length === 0) return [];
  const statement = `SELECT operation_id, ${read(columns, dialect)} FROM ${name}
    WHERE caller = ?1 AND operation_id IN (SELECT value FROM json_each(?2))`;
  return run(binding, statement, [caller, JSON.stringify(own)]);
}
