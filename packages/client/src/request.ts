/** What is sent, in forms that can be sent more than once, digested, and stored without credentials. */

import type { Options, StoredRequest } from "./types.js";

type Bytes = Uint8Array<ArrayBuffer>;

/** A request whose content is in memory. */
export interface Captured {
  request: Request;
  /** Byte for byte. */
  content: Bytes;
  digest: string;
  /** What is stored of it if it is kept: two of its header fields, so no credentials. */
  kept(): StoredRequest;
}

/** Refuses what can be sent only once: a stream, or what makes one. */
export async function captured(
  input: RequestInfo | URL,
  init: RequestInit,
  sha256: NonNullable<Options["sha256"]> = (bytes) => crypto.subtle.digest("SHA-256", bytes),
): Promise<Captured> {
  const body = init.body as any;
  if (
    body?.getReader ||
    body?.[Symbol.asyncIterator] ||
    (init.mode ?? (input as Request).mode) === "no-cors"
  ) {
    throw new TypeError("Streams cannot be sent twice, no-cors no key");
  }
  const request = new Request(input, init);
  const content = await contentOf(request, body ?? (input instanceof Request ? body : ""));
  const { method, headers } = request;
  const url = request.url.split("#")[0]!;
  // Platforms make a multipart boundary at random, so it is no part of what makes two requests the same.
  const boundary = /boundary="?([^";]+)/i.exec(headers.get("Content-Type")!)?.[1];
  const parts = binaryOf(content).split(boundary!).join("");
  const digest = new Uint8Array(await sha256(bytesOf(`${method}\n${url}\n${parts}`)));
  return {
    request,
    content,
    digest: Array.from(digest, (byte) => (byte + 256).toString(16).slice(1)).join(""),
    kept: () => ({
      method,
      url,
      headers: ["content-type", "accept"]
        .filter((name) => headers.has(name))
        .map((name) => [name, headers.get(name)!]),
      body: content.length ? btoa(binaryOf(content)) : undefined,
    }),
  };
}

/**
 * React Native cannot read the bytes of a request, so what the caller gave is taken if it is text or bytes. The request
 * itself is not read, for not every browser sends one that was, even with another body.
 */
async function contentOf(request: Request, body: unknown): Promise<Bytes> {
  if (typeof body === "string") return new TextEncoder().encode(body);
  return new Uint8Array(body instanceof Uint8Array ? body : await request.clone().arrayBuffer());
}

/** What sends a kept request again, with header fields that are not kept. */
export const initOf = (
  { method, headers, body }: StoredRequest,
  added: HeadersInit | undefined,
): RequestInit => ({
  method,
  headers: Object.fromEntries([...headers, ...new Headers(added)]),
  body: (body && bytesOf(atob(body)))!,
});

/** A text with a character for each byte. */
function binaryOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
}

/** The bytes of such a text. */
function bytesOf(text: string): Bytes {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
