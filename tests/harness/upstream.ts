// An API that knows nothing of idempotency, and counts what it has done.

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { close, listen } from "./listen.ts";

export interface Received {
  method: string;
  url: string;
  fields: IncomingMessage["headers"];
  body: Buffer;
  /** When, in milliseconds since 1970. */
  at: number;
}

/** An answer, once it may leave, or none. */
export interface Reply {
  status: number | "reset";
  body?: string;
  when?: Promise<unknown>;
}

/** A reply that leaves when it is let go. */
export function heldReply(status: number, body = ""): { reply: Reply; release: () => void } {
  let release = () => {};
  const when = new Promise<void>((resolve) => (release = resolve));
  return { reply: { status, body, when }, release };
}

/** Answers each path in its own way; whatever it does, it has taken effect when it has read the request. */
export class Upstream {
  readonly received: Received[] = [];
  /** What comes next to a path and query, in the place of what its last segment says. */
  readonly next = new Map<string, Reply[]>();
  readonly #server = createServer((request, response) => void this.#answer(request, response));

  start(): Promise<string> {
    // A connection that is closed just as it is used again fails a request that never came.
    this.#server.keepAliveTimeout = 600_000;
    return listen(this.#server);
  }

  stop(): void {
    close(this.#server);
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
    this.received.push({ method, url, fields: headers, body, at: Date.now() });
    const next = this.next.get(url)?.shift();
    if (next) {
      await next.when;
      if (next.status === "reset") return void request.socket.destroy();
      return void response.writeHead(next.status, { "Content-Type": "text/plain" }).end(next.body);
    }
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
