// A statement, from its values to its rows, in one crossing.

/** The rows, as JSON. */
export async function run(database, statement, values) {
  const { results } = await database
    .prepare(statement)
    .bind(...values)
    .all();
  return JSON.stringify(results);
}
