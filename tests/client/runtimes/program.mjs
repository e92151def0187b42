// A program of any runtime: it sends a request whose first answer is lost, and prints what became of it. Its arguments are
// the folder of the built package and the URL.

const [folder, url] = process.argv.slice(2);
const { createIdempotentFetch } = await import(`${folder}/index.js`);
const { memoryStore } = await import(`${folder}/stores/memory.js`);

const keys = [];
const idempotentFetch = createIdempotentFetch({
  store: memoryStore(),
  ...globalThis.cryptography,
  fetch: async (input, init) => {
    keys.push(init.headers.get("Idempotency-Key"));
    const answer = await fetch(input, init);
    if (keys.length === 1) throw new TypeError("lost");
    return answer;
  },
});
const send = (name, more) =>
  idempotentFetch(url, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ name }),
    intent: "resource:1",
    ...more,
  });

const answer = await send("Lathe");
const other = await send("Mill").catch((error) => error.name);
const pending = await idempotentFetch.pending();
const abort = new AbortController();
const aborting = send("Lathe", { intent: "resource:2", signal: abort.signal }).catch((error) => error.name);
abort.abort();
const aborted = await aborting;
const { id, idempotency_key } = await answer.json();
console.log(
  JSON.stringify({ status: answer.status, id, key: idempotency_key, keys, other, aborted, pending }),
);
