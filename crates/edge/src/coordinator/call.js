// The Worker's end of a call; packages/worker/index.js has the object's. Bytes go over and bytes come back.

/** How long a reply is that a body follows. Without this field, everything is the reply, as it is to earlier releases. */
const REPLY_BYTES = "Reply-Bytes";

/** The object's end, of a reply that a body follows: `stream` has both. */
export function followed(replyBytes, stream) {
  return new Response(stream, { headers: { [REPLY_BYTES]: replyBytes } });
}

/**
 * Sends `message` to the object called `name`, to a new stub each time: one that has failed stays broken. If a body follows
 * the reply, it is the reply's member `body`.
 */
export async function send(namespace, name, message) {
  // The message lies in Rust's memory, which will be used again. The host is never looked up; the platform only asks
  // for an absolute URL.
  const call = { method: "POST", body: message.slice() };
  const response = await namespace.getByName(name).fetch("https://coordinator/", call);
  if (!response.ok) throw new Error(await response.text());
  const replyBytes = Number(response.headers.get(REPLY_BYTES));
  if (replyBytes === 0) return new Uint8Array(await response.arrayBuffer());
  const reader = response.body.getReader({ mode: "byob" });
  const { value } = await reader.readAtLeast(replyBytes, new Uint8Array(replyBytes));
  reader.releaseLock();
  // A stream of which something was read cannot be a response's body.
  return Object.assign(value, { body: response.body.pipeThrough(new IdentityTransformStream()) });
}
