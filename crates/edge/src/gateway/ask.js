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
 * The head of the answer, and its body. In the place of one that is a stream of events, or that has more than `maxBytes`,
 * there are the chunks that have come, and the rest. It fails if a shorter one does not come whole.
 */
export async function ask(fetcher, url, method, fields, body, maxBytes, signal) {
  // The body lies in Rust's memory, which will be used again.
  const response = await send(fetcher, url, method, fields, body.length === 0 ? null : body.slice(), signal);
  const head = headOf(response);
  // Of 204, 205 and 304 the platform gives none, whatever comes (Fetch, "null body status").
  if (!response.body) return [head, new Uint8Array()];
  const chunks = [];
  const unread = { chunks, body: response.body };
  if (isStream(response, maxBytes)) return [head, undefined, unread];
  let bytes = 0;
  try {
    for await (const chunk of response.body.values({ preventCancel: true })) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > maxBytes) return [head, undefined, unread];
    }
  } catch (cause) {
    throw Object.assign(new Error(`the answer broke off: ${cause}`), { isIncomplete: true });
  }
  return [head, await new Blob(chunks).bytes()];
}

/** Whether the head says that the body is for streaming. The length that it tells is that of an encoded body. */
function isStream({ headers }, maxBytes) {
  if (/^\s*text\/event-stream\s*(;|$)/i.test(headers.get("Content-Type"))) return true;
  return !headers.has("Content-Encoding") && Number(headers.get("Content-Length")) > maxBytes;
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
