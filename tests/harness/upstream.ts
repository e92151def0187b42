// An API that knows nothing of idempotency, and counts what it has done.

import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { gzipSync } from "node:zlib";

export interface Received {
  method: string;
  url: string;
  fields: IncomingMessage["headers"];
  body: Buffer;
}

/** Answers each path in its own way; whatever it does, it has taken effect when it has read the request. */
export class Upstream {
  readonly received: Received[] = [];
  readonly #server = createServer((request, response) => void this.#answer(request, response));

  async start(): Promise<string> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  /** What has come to this path and query. */
  at(url: string): Received[] {
    return this.received.filter((received) => received.url === url);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const { method = "", url = "", headers } = request;
    this.received.push({ method, url, fields: headers, body });
    const { pathname, searchParams } = new URL(url, "http://localhost");
    await pause(Number(searchParams.get("after") ?? 0));
    switch (pathname.split("/").at(-1)) {
      case "reset":
        return void request.socket.destroy();
      case "cut":
        response.writeHead(201, { "Content-Length": "100" });
        response.write("the first part");
        return void setTimeout(() => request.socket.destroy(), 50);
      case "gzip":
        response.setHeader("Content-Encoding", "gzip").setHeader("ETag", '"v1"');
        return void response.writeHead(201).end(gzipSync("unpacked"));
      case "redirect":
        return void response.writeHead(303, { Location: `http://${headers.host}/orders/7` }).end();
      case "echo":
        response.setHeader("Content-Type", headers["content-type"] ?? "text/plain");
        return void response.writeHead(201).end(body);
      case "cookies":
        return void response.writeHead(201, { "Set-Cookie": ["a=1", "b=2"] }).end("with cookies");
      case "events":
        response.writeHead(200, { "Content-Type": "text/event-stream" }).write("data: 1\n\n");
        return void setTimeout(() => response.end("data: 2\n\n"), 300);
      default: {
        const status = Number(searchParams.get("status") ?? 201);
        response.setHeader("Content-Type", "application/json").setHeader("X-Number", this.received.length);
        return void response
          .writeHead(status)
          .end(status === 204 ? undefined : `{"number":${this.received.length}}\n`);
      }
    }
  }
}
