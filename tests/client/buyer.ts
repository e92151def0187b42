// node tests/client/buyer.ts <file> <URL> <name> [sends-nothing]
//
// A program that buys something once, with its keys in a file of SQLite. It prints a line when it is about to send, and one
// with its answer.

import "./built.ts";

const { createIdempotentFetch } = await import("../../packages/client/src/index.ts");
const { expoSqliteStore } = await import("../../packages/client/src/stores/expo-sqlite.ts");
const { database } = await import("./random/stores.ts");

const [file, url, name, sendsNothing] = process.argv.slice(2) as [string, string, string, string?];
const buy = createIdempotentFetch({
  store: expoSqliteStore(database(file)),
  fetch: (...request) => {
    console.log("sending");
    return sendsNothing ? new Promise(() => setInterval(() => {}, 1000)) : fetch(...request);
  },
});
const response = await buy(url, {
  method: "POST",
  headers: { "Content-Type": "application/json" },
  body: JSON.stringify({ name }),
  intent: name,
});
const replayed = response.headers.get("Idempotent-Replayed") === "true";
console.log(JSON.stringify({ status: response.status, replayed, text: await response.text() }));
