/** What is sent, in forms that can be sent more than once, digested, and stored without credentials. */

import type { IdempotentInit, Options, StoredRequest } from "./types.js";

type Bytes = Uint8Array<ArrayBuffer>;

/** The content, byte for byte. React Native cannot read the bytes of a request, so text is encoded here. */
export async function contentOf(request: Request, body: IdempotentInit["body"]): Promise<Bytes> {
  return typeof body === "string"
    ? new TextEncoder().encode(body)
    : new Uint8Array(await request.arrayBuffer());
}

/** A fragment is not sent. */
const urlOf = ({ url }: Request) => url.split("#")[0]!;

/** Platforms make a multipart boundary at random, so it is no part of what makes two requests the same. */
export async function digestOf(request: Request, content: Bytes, sha256: NonNullable<Options["sha256"]>) {
  const boundary = /^multipart\/.*?;\s*boundary="?([^";]+)/i.exec(request.headers.get("Content-Type")!)?.[1];
  const parts = binaryOf(content).split(boundary!);
  const digest = await sha256(bytesOf([request.method, urlOf(request), parts.join("")].join("\n")));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** What is stored of a request that is kept: no field but those that are named. */
export function keptRequest(request: Request, content: Bytes, fields: readonly string[]): StoredRequest {
  const { method, headers } = request;
  const named = fields.filter((field) => headers.has(field));
  return {
    method,
    url: urlOf(request),
    headers: named.map((field) => [field.toLowerCase(), headers.get(field)!]),
    body: content.length ? btoa(binaryOf(content)) : undefined,
  };
}

/** A text with a character for each byte. */
function binaryOf(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

/** The bytes of such a text. */
export function bytesOf(text: string): Bytes {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
