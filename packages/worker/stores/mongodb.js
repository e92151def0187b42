// MongoDB, by way of the Worker in the service binding `MONGODB`.
//
// That Worker has the driver, which is half as long as all of ours: here it would be loaded by each new isolate, and count
// against the size of what is uploaded. See mongodb-driver.js.

export const mongodb = {
  /** The variable that is wrong, and what it must be. */
  wrong: ({ MONGODB }) =>
    typeof MONGODB?.fetch === "function"
      ? null
      : ["MONGODB", "a service binding to the Worker of stores/mongodb/driver (docs/stores.md)"],

  insertOnce: (env, table, values) => ask(env, "insertOnce", table, values),
  find: (env, table, values) => ask(env, "find", table, values),
  list: (env, table, asked) => ask(env, "list", table, asked),
};

async function ask({ MONGODB }, verb, table, values) {
  const body = JSON.stringify({ table, values });
  // A service binding asks for a URL, and goes by none of it but the path.
  const response = await MONGODB.fetch(`https://mongodb/${verb}`, { method: "POST", body });
  if (!response.ok) throw new Error(await response.text());
  return response.json();
}
