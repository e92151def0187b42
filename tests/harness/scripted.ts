// An API whose answers a test writes itself, while they are read.

import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { eventually } from "./client.ts";
import { close, listen } from "./listen.ts";

export interface Exchange {
  request: IncomingMessage;
  body: Buffer;
  response: ServerResponse;
}

export class ScriptedUpstream {
  readonly exchanges: Exchange[] = [];
  readonly #server = createServer((request, response) => void this.#read(request, response));

  constructor() {
    this.#server.on("upgrade", (request, socket) => echo(request, socket));
  }

  start(): Promise<string> {
    return listen(this.#server);
  }

  stop(): void {
    close(this.#server);
  }

  /** The requests that have come to this path, whole. */
  at(path: string): Exchange[] {
    return this.exchanges.filter(({ request }) => request.url === path);
  }

  /** The first request to this path, as soon as it has come. */
  async arrived(path: string): Promise<Exchange> {
    await eventually(() => this.at(path).length > 0);
    return this.at(path)[0]!;
  }

  async #read(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    this.exchanges.push({ request, body: Buffer.concat(chunks), response });
  }
}

/** Opens a WebSocket, says hello, and then says again whatever short text it is told (RFC 6455). */
function echo(request: IncomingMessage, socket: Duplex): void {
  const accept = createHash("sha1")
    .update(`${request.headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
    .digest("base64");
  const head = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade"];
  socket.write([...head, `Sec-WebSocket-Accept: ${accept}`, "", ""].join("\r\n"));
  socket.write(frame(0x1, Buffer.from(`hello ${request.url}`)));
  let received = Buffer.alloc(0);
  socket.on("data", (bytes: Buffer) => {
    received = Buffer.concat([received, bytes]);
    // Two bytes of head, four of the mask, and the payload.
    while (received.length >= 6 && received.length >= 6 + (received[1]! & 0x7f)) {
      const [opcode, end] = [received[0]! & 0xf, 6 + (received[1]! & 0x7f)];
      const mask = received.subarray(2, 6);
      const payload = received.subarray(6, end).map((byte, at) => byte ^ mask[at % 4]!);
      received = received.subarray(end);
      socket.write(frame(opcode, Buffer.from(payload)));
      // A close is answered with the same, and whoever serves ends the connection.
      if (opcode === 0x8) socket.end();
    }
  });
  socket.on("error", () => {});
}

/** A whole message of up to 125 bytes. */
function frame(opcode: number, payload: Buffer): Buffer {
  return Buffer.concat([Buffer.from([0x80 | opcode, payload.length]), payload]);
}
