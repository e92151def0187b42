// What Rust asks of JavaScript once for each request and each answer. Each crossing between the two costs, and each text
// is encoded anew, so that what is many and small crosses in one text, a line each.

/** The method, the URL, and of each header field in `names` its value after a "=", or nothing if it is absent. */
export function head({ method, url, headers }, names) {
  let head = `${method}\n${url}`;
  for (const name of names) {
    const value = headers.get(name);
    head += value === null ? "\n" : `\n=${value}`;
  }
  return head;
}

/** All header fields, as `respond` takes them: a name and a value in turn. */
export function fields({ headers }) {
  return [...headers].flat().join("\n");
}

/** A response with `fields`: a name and a value in turn. */
export function respond(status, fields, content, streamed, webSocket) {
  const headers = new Headers();
  const lines = fields.split("\n");
  for (let at = 0; at + 1 < lines.length; at += 2) headers.append(lines[at], lines[at + 1]);
  // The content lies in Rust's memory, which will be used again.
  const body = streamed ?? (content.length === 0 ? null : content.slice());
  return new Response(body, webSocket === undefined ? { status, headers } : { status, headers, webSocket });
}
