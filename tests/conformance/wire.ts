// HTTP as it is on the wire: repeated field lines, letter case and bodies that are held back are kept as a case
// sends them, which fetch does not allow.

import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { connect } from "node:net";
import { connect as tlsConnect } from "node:tls";
import type { Field } from "./profile.ts";

/** Longer than any target may take, so that a hang is told from slowness. */
const ANSWER_TIMEOUT_MS = 40_000;

export interface Answer {
  status: number;
  fields: Field[];
  /** All values of a field, joined as RFC 9110, section 5.3 allows. */
  field(name: string): string | undefined;
  body: Buffer;
  text: string;
  /** The content read as JSON; undefined if it is none. */
  json: any;
  sentAt: number;
  receivedAt: number;
}

export interface Outgoing {
  method: string;
  fields: Field[];
  body?: string | Uint8Array;
  /** The last byte of the body is sent when this is fulfilled. */
  hold?: Promise<unknown>;
  /** Sends the body in chunks, without its length. */
  chunked?: boolean;
  /** Ends the connection, as a client does that gives up. */
  signal?: AbortSignal;
}

export function send(url: URL, outgoing: Outgoing): Promise<Answer> {
  const { method, fields, hold, chunked, signal } = outgoing;
  const body = outgoing.body === undefined ? undefined : Buffer.from(outgoing.body as string);
  const lines: Field[] = [["Host", url.host], ...fields, ["Connection", "close"]];
  if (body && chunked) lines.push(["Transfer-Encoding", "chunked"]);
  else if (body) lines.push(["Content-Length", String(body.length)]);

  return new Promise((resolve, reject) => {
    const sentAt = Date.now();
    const request = (url.protocol === "https:" ? httpsRequest : httpRequest)(url, {
      method,
      headers: lines.flat(),
      agent: false,
      ...(signal && { signal }),
    });
    request.setTimeout(ANSWER_TIMEOUT_MS, () => {
      request.destroy(new Error(`${method} ${url.pathname} has no answer after ${ANSWER_TIMEOUT_MS} ms`));
    });
    request.on("error", reject);
    request.on("response", (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        resolve(answerOf(response.statusCode!, response.rawHeaders, Buffer.concat(chunks), sentAt));
      });
    });
    if (body && hold) {
      request.write(body.subarray(0, -1));
      hold.then(() => request.end(body.subarray(-1)), reject);
    } else request.end(body);
  });
}

function answerOf(status: number, rawHeaders: string[], body: Buffer, sentAt: number): Answer {
  const fields: Field[] = [];
  for (let i = 0; i < rawHeaders.length; i += 2) fields.push([rawHeaders[i]!, rawHeaders[i + 1]!]);
  const text = body.toString("utf8");
  return {
    status,
    fields,
    field: (name) => {
      const values = fields.filter(([other]) => other.toLowerCase() === name.toLowerCase());
      return values.length === 0 ? undefined : values.map(([, value]) => value).join(", ");
    },
    body,
    text,
    json: parse(text),
    sentAt,
    receivedAt: Date.now(),
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Sends bytes that no HTTP client would, and reads what comes until the other side closes. Empty if it just closes. */
export function sendBytes(url: URL, bytes: Buffer): Promise<string> {
  const port = Number(url.port || (url.protocol === "https:" ? 443 : 80));
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const socket =
    url.protocol === "https:" ? tlsConnect({ host, port, servername: host }) : connect({ host, port });
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    const done = () => {
      socket.destroy();
      resolve(Buffer.concat(chunks).toString("latin1"));
    };
    socket.setTimeout(10_000, done);
    socket.on("data", (chunk: Buffer) => chunks.push(chunk));
    socket.on("error", done);
    socket.on("close", done);
    socket.write(bytes);
  });
}
