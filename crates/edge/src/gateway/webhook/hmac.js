// HMAC by the platform's Web Crypto API.

/** The code of `head` and `body` in a row. All of them lie in Rust's memory, which will be used again. */
export async function hmac(hash, key, head, body) {
  const content = new Uint8Array(head.length + body.length);
  content.set(head);
  content.set(body, head.length);
  const algorithm = { name: "HMAC", hash };
  const imported = await crypto.subtle.importKey("raw", key.slice(), algorithm, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", imported, content));
}
