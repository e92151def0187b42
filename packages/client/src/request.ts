/** What is sent, in forms that can be sent more than once, digested, and stored without credentials. */

import type { IdempotentInit, Options, StoredRequest } from "./types.js";

type Bytes = Uint8Array<ArrayBuffer>;

/** Whether a body can be read only once: a stream, or what makes one. */
export const isStream = (body: any): boolean => body?.getReader || body?.[Symbol.asyncIterator];

/**
 * The content of a request, byte for byte. React Native cannot read the bytes of a request, so what the caller gave as its
 * `body` is taken if that is text or bytes.
 */
export async function contentOf(request: Request, body: IdempotentInit["body"]): Promise<Bytes> {
  if (typeof body === "string") return new TextEncoder().encode(body);
  return new Uint8Array(body instanceof Uint8Array ? body : await request.arrayBuffer());
}

/** A fragment is not sent. Platforms make a multipart boundary at random, so it is no part of what makes two requests the same. */
export async function digestOf(request: Request, content: Bytes, sha256: NonNullable<Options["sha256"]>) {
  const boundary = /^multipart.*boundary="?([^";]+)/i.exec(request.headers.get("Content-Type")!)?.[1];
  const parts = binaryOf(content).split(boundary!).join("");
  const digest = await sha256(bytesOf(`${request.method}\n${request.url.split("#")[0]}\n${parts}`));
  return Array.from(new Uint8Array(digest), (byte) => (byte + 256).toString(16).slice(1)).join("");
}

/** What is stored of a request that is kept: no field but those that are named. */
export function keptRequest(request: Request, content: Bytes, fields: readonly string[]): StoredRequest {
  const { method, headers } = request;
  const named = fields.filter((field) => headers.has(field));
  return {
    method,
    url: request.url.split("#")[0]!,
    headers: named.map((field) => [field.toLowerCase(), headers.get(field)!]),
    body: content.length ? btoa(binaryOf(content)) : undefined,
  };
}

/** A text with a character for each byte. */
function binaryOf(bytes: Uint8Array): string {
  return bytes.reduce((text, byte) => text + String.fromCharCode(byte), "");
}

/** The bytes of such a text. */
export function bytesOf(text: string): Bytes {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
