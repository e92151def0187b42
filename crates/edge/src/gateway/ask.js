// What Rust asks an upstream by way of JavaScript: one crossing for a request, and one for its answer.

/** `fields` are a name and a value in turn. */
function headersOf(fields) {
  const headers = new Headers();
  const lines = fields.split("\n");
  for (let at = 0; at + 1 < lines.length; at += 2) headers.append(lines[at], lines[at + 1]);
  return headers;
}

/** Asks with `fetcher`, a service binding, or else by the network. */
function send(fetcher, url, method, fields, body, signal) {
  const headers = headersOf(fields);
  // Following a redirect would send a POST again.
  return (fetcher ?? globalThis).fetch(url, { method, headers, body, redirect: "manual", signal });
}

/** The status and the header fields, a line each. `Set-Cookie` is the one field that comes several times. */
export function headOf({ status, headers }) {
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

/** An answer whose body may still be to come, to a request whose body may be too: `unread` is that request then. */
export async function pass(fetcher, url, method, fields, body, unread) {
  const isUnread = unread?.body && !unread.bodyUsed;
  // The platform sends the body of a GET only if it comes with a request.
  if (isUnread && (method === "GET" || method === "HEAD"))
    return (fetcher ?? globalThis).fetch(new Request(url, unread), {
      headers: headersOf(fields),
      redirect: "manual",
    });
  const sent = body.length > 0 ? body.slice() : isUnread ? unread.body : null;
  return send(fetcher, url, method, fields, sent, undefined);
}

/** The answer with these fields. */
export function answered(response, fields) {
  const headers = headersOf(fields);
  const { status, statusText, body, webSocket } = response;
  return new Response(body, webSocket ? { status, headers, webSocket } : { status, statusText, headers });
}
