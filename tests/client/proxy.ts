// A network between clients and the service that fails as it is told to: it cuts, delays, duplicates and loses.

import { createServer, request as send, type IncomingMessage, type ServerResponse } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import { close, listen, originOf } from "../harness/listen.ts";

/** What happens to one request on its way, or to its answer on the way back. */
export type Fault =
  | { kind: "none" }
  /** The connection ends before the service has seen the request. */
  | { kind: "cut-before" }
  /** The service has answered; the connection ends without a byte of the answer. */
  | { kind: "cut-after" }
  /** The service has answered; the connection ends within the answer. */
  | { kind: "torn" }
  /** The service has answered; the connection stays open, and nothing ever comes. */
  | { kind: "lost" }
  | { kind: "delay"; ms: number }
  /** The connection ends at once, and the service sees the request later. */
  | { kind: "late"; ms: number }
  /** The service sees the request twice, one after the other, and the client gets the answer to the second. */
  | { kind: "twice"; fault?: string }
  /** The service answers, and sees the request once more `ms` later. */
  | { kind: "again"; ms: number }
  /** Something on the way answers in the service's place. */
  | { kind: "answer"; status: number; headers?: () => Record<string, string>; body?: string }
  /** The service meets a fault of its own: a value of `X-Fault`. */
  | { kind: "service"; fault: string }
  /** Nothing moves until `until` has settled. */
  | { kind: "held"; until: Promise<unknown> };

/** A keyed request as a client has sent it. */
export interface Passed {
  method: string;
  path: string;
  /** The key, without quotes. */
  key: string;
  headers: IncomingMessage["headers"];
  body: string;
  content: Buffer;
  /** Milliseconds since 1970. */
  at: number;
  fault: Fault;
}

/** A file that the proxy serves itself, so that pages and the service have one origin. */
export interface Served {
  type: string;
  content: string | Uint8Array;
}

interface Answer {
  status: number;
  headers: IncomingMessage["headers"];
  body: Buffer;
}

const NONE: Fault = { kind: "none" };

export class Proxy {
  /** Keyed requests, in the order in which they came. */
  readonly passed: Passed[] = [];
  /** By path, what is not the service's. */
  readonly files = new Map<string, Served>();
  /** What happens to keyed requests for which nothing else is planned. */
  fault: (passed: Passed) => Fault = () => NONE;
  readonly #next: Fault[] = [];
  readonly #service: (path: string) => URL;
  readonly #server = createServer((request, response) => void this.#take(request, response));
  /** Requests that reach the service after their clients have left. */
  readonly #stragglers = new Set<Promise<unknown>>();

  /** `service` says where the service of a path is at the moment. */
  constructor(service: (path: string) => URL) {
    this.#service = service;
  }

  async start(): Promise<URL> {
    // A connection that is closed just as it is used again would be a fault that nobody asked for.
    this.#server.keepAliveTimeout = 600_000;
    return new URL(await listen(this.#server));
  }

  stop(): void {
    close(this.#server);
  }

  get address(): URL {
    return new URL(originOf(this.#server));
  }

  /** Plans what happens to the next keyed requests, one after the other. */
  next(...faults: Fault[]): void {
    this.#next.push(...faults);
  }

  /** The keys of the requests that have come to this path, each once. */
  keys(path: string): string[] {
    return [...new Set(this.passed.filter((passed) => passed.path === path).map(({ key }) => key))];
  }

  /** Resolves when the service has answered what it was to see late. */
  async settled(): Promise<void> {
    while (this.#stragglers.size > 0) await Promise.all(this.#stragglers);
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const file = this.files.get(new URL(request.url!, this.address).pathname);
    if (file) return void response.writeHead(200, { "Content-Type": file.type }).end(file.content);
    const body = await content(request);
    if (body === undefined) return;
    const key = keyOf(request);
    if (key === undefined) return this.#forward(request, response, body);
    const { method = "", url = "", headers } = request;
    const passed: Passed = {
      method,
      path: url,
      key,
      headers,
      body: body.toString(),
      content: body,
      at: Date.now(),
      fault: NONE,
    };
    passed.fault = this.#next.shift() ?? this.fault(passed);
    this.passed.push(passed);
    await this.#break(passed.fault, request, response, body);
  }

  async #break(
    fault: Fault,
    request: IncomingMessage,
    response: ServerResponse,
    body: Buffer,
  ): Promise<void> {
    switch (fault.kind) {
      case "none":
        return this.#forward(request, response, body);
      case "cut-before":
        return cut(request);
      case "cut-after":
        await this.#ask(request, body);
        return cut(request);
      case "torn":
        return tear(request, response, await this.#ask(request, body));
      case "lost":
        return void (await this.#ask(request, body));
      case "delay":
        await pause(fault.ms);
        return this.#forward(request, response, body);
      case "late":
        cut(request);
        return this.#askLater(request, body, fault.ms);
      case "twice":
        if (fault.fault !== undefined) request.headers["x-fault"] = fault.fault;
        this.#await(this.#ask(request, body));
        return this.#forward(request, response, body);
      case "again":
        await this.#forward(request, response, body);
        return this.#askLater(request, body, fault.ms);
      case "answer":
        return void response.writeHead(fault.status, fault.headers?.()).end(fault.body);
      case "service":
        request.headers["x-fault"] = fault.fault;
        return this.#forward(request, response, body);
      case "held":
        await fault.until;
        return this.#forward(request, response, body);
    }
  }

  async #forward(request: IncomingMessage, response: ServerResponse, body: Buffer): Promise<void> {
    const answer = await this.#ask(request, body);
    if (answer === undefined) return cut(request);
    response.writeHead(answer.status, answer.headers).end(answer.body);
  }

  /** The service sees it, whoever has left by then. */
  #askLater(request: IncomingMessage, body: Buffer, ms: number): void {
    this.#await(pause(ms).then(() => this.#ask(request, body)));
  }

  #await(straggler: Promise<unknown>): void {
    this.#stragglers.add(straggler);
    void straggler.finally(() => this.#stragglers.delete(straggler));
  }

  /** Sends the request to the service; nothing if the service cannot be reached or ends meanwhile. */
  #ask({ method, url, headers }: IncomingMessage, body: Buffer): Promise<Answer | undefined> {
    const { promise, resolve } = Promise.withResolvers<Answer | undefined>();
    const sent = send(
      new URL(url!, this.#service(url!)),
      { method: method!, headers, agent: false },
      (answer) => {
        const { statusCode: status = 0, headers: fields } = answer;
        void content(answer).then((received) =>
          resolve(received && { status, headers: withoutConnection(fields), body: received }),
        );
      },
    );
    sent.on("error", () => resolve(undefined));
    sent.end(body);
    return promise;
  }
}

function keyOf({ headers }: IncomingMessage): string | undefined {
  const key = headers["idempotency-key"] ?? headers["x-idempotency-key"];
  return typeof key === "string" ? key.replace(/^"(.*)"$/, "$1") : undefined;
}

/** All of it, or nothing if it broke off. */
async function content(message: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of message) chunks.push(chunk);
    return Buffer.concat(chunks);
  } catch {
    return undefined;
  }
}

/** These are about one connection, and there are two. */
function withoutConnection(fields: IncomingMessage["headers"]): IncomingMessage["headers"] {
  const { connection, "keep-alive": _, "transfer-encoding": __, ...others } = fields;
  return others;
}

function cut({ socket }: IncomingMessage): void {
  socket.destroy();
}

/** Sends the head and half of the content. */
function tear(request: IncomingMessage, response: ServerResponse, answer: Answer | undefined): void {
  if (answer === undefined) return cut(request);
  const { status, headers, body } = answer;
  response.writeHead(status, { ...headers, "content-length": body.length });
  response.write(body.subarray(0, body.length / 2), () => cut(request));
}
