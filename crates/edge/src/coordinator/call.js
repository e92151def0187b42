// The Worker's end of a call; packages/worker/index.js has the object's. Bytes go over and bytes come back.

/** Sends `message` to the object called `name`, to a new stub each time: one that has failed stays broken. */
export async function send(namespace, name, message) {
  // The message lies in Rust's memory, which will be used again. The host is never looked up; the platform only asks
  // for an absolute URL.
  const call = { method: "POST", body: message.slice() };
  const response = await namespace.getByName(name).fetch("https://coordinator/", call);
  if (!response.ok) throw new Error(await response.text());
  return new Uint8Array(await response.arrayBuffer());
}
