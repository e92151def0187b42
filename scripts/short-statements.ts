// Makes what `wrangler d1 export` wrote restorable. D1 exports rows as INSERTs of any length, and takes back none that is
// longer than its limit for a statement. It writes a line break in a text as \n, the same as a backslash and an n that
// are there side by side, and U+0000 as it is, which ends a statement.

/** D1's limit for a statement, https://developers.cloudflare.com/d1/platform/limits/; a longer one is SQLITE_TOOBIG. */
const LIMIT_BYTES = 100_000;

/** How much of a text stays in its INSERT, as SQL: little, so that one with fifteen such texts is still short. */
const FIRST_BYTES = 6_000;

/** How much an UPDATE appends, as SQL: its other words are below 1000 bytes. */
const NEXT_BYTES = 95_000;

/** Of these columns each text is JSON: a \n is a line break outside of its strings, and two characters within. */
const JSON_COLUMNS = ["metadata", "details"];

/** Characters that cannot be in a line of SQL, as wrangler writes the first two. */
const ESCAPED = [
  ["\r", "\\r"],
  ["\n", "\\n"],
  ["\0", "\\0"],
] as const;

/** The column by which an INSERT's row is found again. */
const KEY = "operation_id";

type Cell = { column: string } & ({ text: string; isInDoubt: boolean } | { sql: string });

/**
 * Reads statements as D1 exports them, and yields them with every one below the limit; throws if it cannot. What they do
 * not tell apart is added to `queries`: each selects statements that give the rows there are their exact texts.
 */
export async function* shortStatements(
  chunks: AsyncIterable<string>,
  queries: Set<string>,
): AsyncGenerator<string> {
  let statement = "";
  for await (const line of linesOf(chunks)) {
    statement += statement === "" ? line : `\n${line}`;
    if (!isWhole(statement)) continue;
    for (const short of shortened(statement, queries)) yield `${short}\n`;
    statement = "";
  }
  if (statement !== "") throw unknown(statement);
}

/** `node:readline` would end lines at U+2028 too, which texts may have. */
async function* linesOf(chunks: AsyncIterable<string>): AsyncGenerator<string> {
  let rest = "";
  for await (const chunk of chunks) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
  if (rest !== "") yield rest;
}

/** The definition of a table may have an apostrophe in a comment, and its end is of no importance. */
function isWhole(statement: string): boolean {
  if (!statement.endsWith(";")) return false;
  return !isInsert(statement) || statement.split("'").length % 2 === 1;
}

function isInsert(statement: string): boolean {
  return statement.startsWith("INSERT ");
}

function shortened(statement: string, queries: Set<string>): string[] {
  const isShort = Buffer.byteLength(statement) < LIMIT_BYTES;
  if (isShort && !(isInsert(statement) && /replace\(|\0/.test(statement))) return [statement];
  const [table, cells] = parsed(statement);
  const key = cells.find(({ column }) => column === KEY);
  for (const cell of cells) {
    if ("sql" in cell || !cell.isInDoubt) continue;
    if (key === undefined) throw unknown(statement);
    queries.add(exactTexts(table, cell.column));
  }
  const appended: string[] = [];
  const values = cells.map((cell) => {
    if ("sql" in cell) return cell.sql;
    if (isShort || cell === key) return literal(cell.text);
    const [first = "''", ...others] = literals(cell.text);
    for (const next of others) appended.push(append(table, cell.column, next, key, statement));
    return first;
  });
  const columns = cells.map(({ column }) => `"${column}"`).join(",");
  const short = [`INSERT INTO "${table}" (${columns}) VALUES(${values.join(",")});`, ...appended];
  if (short.some((one) => Buffer.byteLength(one) >= LIMIT_BYTES)) throw unknown(statement);
  return short;
}

function append(
  table: string,
  column: string,
  next: string,
  key: Cell | undefined,
  statement: string,
): string {
  if (key === undefined || !("text" in key)) throw unknown(statement);
  return `UPDATE "${table}" SET "${column}" = "${column}" || ${next} WHERE "${KEY}" = ${literal(key.text)};`;
}

/** As hex digits, in which nothing has two meanings. */
function exactTexts(table: string, column: string): string {
  return `SELECT 'UPDATE "${table}" SET "${column}" = CAST(X''' || hex("${column}") || ''' AS TEXT) WHERE "${KEY}" = '
    || quote("${KEY}") || ';' AS statement FROM "${table}"
    WHERE (instr("${column}", char(10)) AND instr("${column}", '\\n'))
    OR (instr("${column}", char(13)) AND instr("${column}", '\\r'))`;
}

/** The table and the cells of `INSERT INTO "table" ("column",…) VALUES(…,…);` */
function parsed(statement: string): [string, Cell[]] {
  const head = /^INSERT INTO "(\w+)" \(("\w+"(?:, ?"\w+")*)\) VALUES ?\(/.exec(statement);
  if (head === null) throw unknown(statement);
  const [{ length }, table = "", names = ""] = head;
  const cells: Cell[] = [];
  let at = length;
  for (const name of names.split(/, ?/)) {
    const column = name.slice(1, -1);
    const [cell, end] = cellAt(statement, at, column);
    cells.push(cell);
    at = end + 1;
    if (statement[end] !== (cells.length === names.split(",").length ? ")" : ",")) throw unknown(statement);
  }
  if (statement.slice(at) !== ";") throw unknown(statement);
  return [table, cells];
}

/** The cell that begins there, and where it ends. */
function cellAt(statement: string, at: number, column: string): [Cell, number] {
  const other = /(?:NULL|-?[\d.]+(?:e[+-]?\d+)?|X'[\da-f]*')(?=[,)])/iy;
  other.lastIndex = at;
  const sql = other.exec(statement)?.[0];
  if (sql !== undefined) return [{ column, sql }, at + sql.length];

  const open = /(?:replace\(){0,2}'/y;
  open.lastIndex = at;
  if (!open.test(statement)) throw unknown(statement);
  const [quoted, end] = textFrom(statement, open.lastIndex);
  // If there are not as many as before the text, no comma follows, and the statement is unknown.
  const close = /(?:,'\\r',char\(13\)\))?(?:,'\\n',char\(10\)\))?/y;
  close.lastIndex = end;
  const breaks = close.exec(statement)?.[0] ?? "";
  const isInDoubt = breaks !== "" && !JSON_COLUMNS.includes(column);
  return [{ column, text: withBreaks(quoted, breaks, column), isInDoubt }, end + breaks.length];
}

/** The text whose opening quote is before this place, and where its closing quote ends. */
function textFrom(statement: string, start: number): [string, number] {
  let end = start;
  for (;;) {
    end = statement.indexOf("'", end);
    if (end === -1) throw unknown(statement);
    if (statement[end + 1] !== "'") break;
    end += 2;
  }
  return [statement.slice(start, end).replaceAll("''", "'"), end + 1];
}

function withBreaks(quoted: string, breaks: string, column: string): string {
  if (breaks === "") return quoted;
  if (!JSON_COLUMNS.includes(column)) {
    const text = breaks.includes("\\r") ? quoted.replaceAll("\\r", "\r") : quoted;
    return breaks.includes("\\n") ? text.replaceAll("\\n", "\n") : text;
  }
  let isInString = false;
  return quoted.replaceAll(/"|\\./gs, (token) => {
    if (token === '"') isInString = !isInString;
    if (token === '"' || isInString) return token;
    return token === "\\n" ? "\n" : "\r";
  });
}

/** A text as SQL, in one line. */
function literal(text: string, marks = marksFor(text)): string {
  let sql = `'${text.replaceAll("'", "''")}'`;
  for (const [character, mark] of marks) {
    if (!text.includes(character)) continue;
    sql = `replace(${sql.replaceAll(character, mark)},'${mark}',char(${character.charCodeAt(0)}))`;
  }
  return sql;
}

/** A text as the SQL of its parts. */
function literals(text: string): string[] {
  const marks = marksFor(text);
  const parts: string[] = [];
  let start = 0;
  while (start < text.length) {
    const most = parts.length === 0 ? FIRST_BYTES : NEXT_BYTES;
    let end = Math.min(start + most, text.length);
    let part = literal(text.slice(start, end), marks);
    while (Buffer.byteLength(part) > most) {
      end -= Math.ceil((end - start) / 8);
      part = literal(text.slice(start, end), marks);
    }
    // Not between the halves of a surrogate pair.
    if (/[\uD800-\uDBFF]/.test(text[end - 1] ?? "") && end < text.length) {
      end -= 1;
      part = literal(text.slice(start, end), marks);
    }
    parts.push(part);
    start = end;
  }
  return parts;
}

/** Each of these characters, and what stands for it in this text: something that is not there. */
function marksFor(text: string): (readonly [character: string, mark: string])[] {
  for (let number = 0; ; number += 1) {
    const ending = number === 0 ? "" : String(number);
    const marks = ESCAPED.map(([character, mark]) => [character, mark + ending] as const);
    if (!marks.some(([, mark]) => text.includes(mark))) return marks;
  }
}

function unknown(statement: string): Error {
  return new Error(
    `D1 exported a statement of ${Buffer.byteLength(statement)} bytes that this release cannot make restorable: ` +
      `${statement.slice(0, 200)}…`,
  );
}
