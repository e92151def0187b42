// node server.ts [port]
//
// An API that knows nothing of idempotency: each POST to /orders is one more order. It can be made to go wrong, lists what
// it has made, and answers in unusual forms. The gateway stands in front of it as it is.

import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as pause } from "node:timers/promises";

interface Order {
  id: string;
  tag: string;
  value: unknown;
  caller: string;
}

/** A request for an order, and the key that came with it, whatever that is good for. */
type Asked = Pick<Order, "tag" | "caller"> & { key: string | undefined };

interface Books {
  orders: Order[];
  asked: Asked[];
}

/** Resolves when it listens. */
export async function startNaive(port = 0): Promise<Server> {
  const books: Books = { orders: [], asked: [] };
  const server = createServer((request, response) => {
    serve(request, response, books).catch(() => answer(response, 500, { error: "a bug" }));
  });
  // A request on a connection that it closes at that moment would be of unknown outcome.
  server.keepAliveTimeout = 0;
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  return server;
}

async function serve(request: IncomingMessage, response: ServerResponse, books: Books): Promise<void> {
  const { method, headers } = request;
  const { pathname, searchParams } = new URL(request.url!, "http://localhost");
  const caller = headers.authorization ?? "nobody";
  const [, place, name] = pathname.split("/");
  const body = await read(request);
  const own = (of: Asked | Order) => of.caller === caller && of.tag === searchParams.get("tag");
  if (method === "GET" || method === "HEAD") {
    if (place === "health") return answer(response, 200, "ok");
    if (place === "effects") return answer(response, 200, books.orders.filter(own));
    if (place === "asked") return answer(response, 200, books.asked.filter(own));
    const order = books.orders.find(({ id }) => place === "orders" && id === name);
    return order ? answer(response, 200, order) : answer(response, 404, { error: "not found" });
  }
  if (!["orders", "other-orders", "shapes"].includes(place!))
    return answer(response, 404, { error: "not found" });
  if (method !== "POST") return answer(response, 405, { error: "only POST" }, { Allow: "POST" });
  if (caller.startsWith("Basic ")) return answer(response, 401, { error: "who is that?" });
  if (place === "shapes") return shape(name!, response);
  return order({ request, response, body, caller, books });
}

interface Incoming {
  request: IncomingMessage;
  response: ServerResponse;
  body: string;
  caller: string;
  books: Books;
}

async function order({ request, response, body, caller, books }: Incoming): Promise<void> {
  if (!/^application\/json\b/.test(request.headers["content-type"] ?? ""))
    return answer(response, 415, { error: "JSON, please" });
  const json = parsed(body);
  if (json === undefined) return answer(response, 400, { error: "no JSON" });
  const { tag, value } = (json ?? {}) as Partial<Order>;
  if (typeof tag !== "string" || tag === "") return answer(response, 422, { error: "no tag" });
  books.asked.push({ tag, caller, key: request.headers["idempotency-key"] as string | undefined });
  const fault = String(request.headers["x-order-fault"] ?? "");
  await pause(Number(/delay=(\d+)/.exec(fault)?.[1] ?? 0));
  if (fault.includes("busy")) return answer(response, 429, { error: "too many" }, { "Retry-After": "1" });
  if (fault.includes("panic")) throw new Error("a bug");
  if (fault.includes("fail-before")) return answer(response, 500, { error: "before the effect" });
  if (fault.includes("crash-before")) return void request.socket.destroy();
  const made: Order = { id: randomUUID(), tag, value, caller };
  books.orders.push(made);
  if (fault.includes("fail-after")) return answer(response, 500, { error: "after the effect" });
  if (fault.includes("crash-after")) return void request.socket.destroy();
  answer(response, 201, made, { Location: `/orders/${made.id}` });
}

/** Answers of unusual form, each with something that is new each time, so that one that is not replayed shows. */
function shape(name: string, response: ServerResponse): void {
  const id = randomUUID();
  response.setHeader("X-Order", id);
  switch (name) {
    case "empty":
      return void response.writeHead(200, { "Content-Length": "0" }).end();
    case "no-content":
      return void response.writeHead(204).end();
    case "binary":
      response.writeHead(201, { "Content-Type": "application/octet-stream" });
      return void response.end(Buffer.from([0, 255, 254, 128, ...Buffer.from(id)]));
    case "charset":
      response.writeHead(201, { "Content-Type": "text/plain; charset=iso-8859-1" });
      return void response.end(Buffer.from(`Zürich ${id}`, "latin1"));
    case "links":
      response.setHeader("Link", [`</a,b>; rel="next"`, `</c>; title="one, two"`]);
      return answer(response, 201, { id });
    case "stream":
      response.writeHead(201, { "Content-Type": "text/plain" }).write("a part, ");
      return void setTimeout(() => response.end(`the rest: ${id}`), 100);
    case "refusal":
      return answer(response, 409, { error: "sold out", id });
    case "redirect":
      return void response.writeHead(303, { Location: `/orders/${id}` }).end();
    case "cookies":
      response.setHeader("Set-Cookie", [`a=${id}`, "b=2"]);
      return answer(response, 201, { id });
    case "limited":
      return answer(response, 429, { error: "too many", id }, { "Retry-After": "1" });
    default:
      return answer(response, 404, { error: "not found" });
  }
}

function answer(
  response: ServerResponse,
  status: number,
  content: unknown,
  fields: Record<string, string> = {},
): void {
  response.writeHead(status, { "Content-Type": "application/json", ...fields }).end(JSON.stringify(content));
}

async function read(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}

/** Nothing, if it is no JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

if (import.meta.main) {
  const server = await startNaive(Number(process.argv[2] ?? 3000));
  console.log(
    `An API without idempotency: http://localhost:${(server.address() as AddressInfo).port}/orders`,
  );
}
