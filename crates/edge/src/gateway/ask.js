// What Rust asks an upstream by way of JavaScript: one crossing for a request, and one for its answer.

/** Asks with `fetcher`, a service binding, or else by the network. `fields` are a name and a value in turn. */
function send(fetcher, url, method, fields, body, signal) {
  const headers = new Headers();
  const lines = fields.split("\n");
  for (let at = 0; at + 1 < lines.length; at += 2) headers.append(lines[at], lines[at + 1]);
  // Following a redirect would send a POST again.
  return (fetcher ?? globalThis).fetch(url, { method, headers, body, redirect: "manual", signal });
}

/** The status and the header fields, a line each. `Set-Cookie` is the one field that comes several times. */
function headOf({ status, headers }) {
  return [status, ...[...headers].flat()].join("\n");
}

/**
 * The head of the answer, and its body unless that has more than `maxBytes`. It fails unless all of that comes.
 */
export async function ask(fetcher, url, method, fields, body, maxBytes, signal) {
  // The body lies in Rust's memory, which will be used again.
  const response = await send(fetcher, url, method, fields, body.length === 0 ? null : body.slice(), signal);
  const head = headOf(response);
  const chunks = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > maxBytes) return [head];
    chunks.push(chunk);
  }
  return [head, await new Blob(chunks).bytes()];
}
