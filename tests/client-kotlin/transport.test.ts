// The Kotlin client's own transport, over HttpURLConnection: each request is sent once, and an answer is whole or none.

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually } from "../harness/client.ts";
import { Driver, type Told } from "./driver.ts";

const received: string[] = [];
const server = createServer((request, response) => {
  received.push(`${request.method} ${request.url}`);
  request.resume().on("end", () => REPLIES[request.url!]!(response, request));
});
let driver: Driver;

beforeAll(async () => {
  driver = new Driver();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});
afterAll(async () => {
  await driver.kill();
  server.closeAllConnections();
  server.close();
});

test("an answer has its status, fields and bytes", async () => {
  const { answer } = await send("/whole");

  expect(answer.status).toBe(201);
  expect(answer.text).toBe("größer");
  expect(answer.headers).toContainEqual(["Set-Cookie", "a=1"]);
  expect(answer.headers).toContainEqual(["Set-Cookie", "b=2"]);
});

test.each([
  ["a refusal", "/refused", 422],
  ["a failure", "/failed", 503],
])("%s has its body", async (_, path, status) => {
  const { answer } = await send(path);

  expect(answer).toMatchObject({ status, text: '{"retryable":false}' });
});

test("a refusal of who asks is an answer, whose body a JVM hides", async () => {
  const { answer } = await send("/unauthorized");

  expect(answer).toMatchObject({ status: 401, text: "" });
  expect(answer.headers).toContainEqual(["WWW-Authenticate", 'Bearer realm="x"']);
});

test.each(["/redirect", "/no-content"])("%s is an answer like any other", async (path) => {
  const { answer } = await send(path);

  expect([303, 204]).toContain(answer.status);
  expect(received.filter((line) => line.endsWith(path))).toEqual([`POST ${path}`]);
});

test.each(["/cut", "/cut-chunks", "/cut-refusal", "/cut-at-once", "/reset", "/no-http"])(
  "%s is no answer, and the request is not sent again",
  async (path) => {
    const { error } = await send(path);

    expect(error).toMatch(/Exception$/);
    expect(received.filter((line) => line.endsWith(path))).toEqual([`POST ${path}`]);
  },
);

test("a connection that broke after its last answer does not have the request sent twice", async () => {
  await send("/whole");

  const { error } = await send("/reset-reused");

  expect(error).toBe("SocketException");
  expect(received.filter((line) => line.endsWith("/reset-reused"))).toHaveLength(1);
});

test("an answer that drips is not waited for any longer than was said", async () => {
  const { error } = await send("/drip", { timeout_ms: 1000 });

  expect(error).toBe("SocketTimeoutException");
});

test("an answer that is too long is none", async () => {
  const { error, message } = await send("/endless");

  expect({ error, message }).toEqual({
    error: "IOException",
    message: "the answer is longer than 1000000 bytes",
  });
});

test("a thread that is interrupted stops waiting, and the connection ends", async () => {
  const asked = driver.ask({ do: "send", method: "POST", url: urlOf("/silent"), body: "{}" });
  await eventually(() => received.includes("POST /silent"));

  asked.interrupt();

  expect((await asked).error).toBe("InterruptedException");
  await eventually(() => isClosed);
});

test("a method that the platform does not know is the caller's mistake", async () => {
  const { error } = await send("/whole", { method: "PATCH" });

  expect(error).toBe("IllegalArgumentException");
});

let isClosed = false;

const REPLIES: Record<string, (response: ServerResponse, request: IncomingMessage) => void> = {
  "/whole": (response) => response.writeHead(201, { "Set-Cookie": ["a=1", "b=2"] }).end("größer"),
  "/refused": (response) => response.writeHead(422).end('{"retryable":false}'),
  "/unauthorized": (response) =>
    response
      .writeHead(401, { "WWW-Authenticate": 'Bearer realm="x"', "Content-Length": "19" })
      .end('{"retryable":false}'),
  "/failed": (response) => response.writeHead(503).end('{"retryable":false}'),
  "/redirect": (response) => response.writeHead(303, { Location: urlOf("/whole") }).end(),
  "/no-content": (response) => response.writeHead(204).end(),
  "/cut": cut(201, { "Content-Length": "100" }),
  "/cut-chunks": cut(201, {}),
  "/cut-refusal": cut(409, { "Content-Length": "100" }),
  "/cut-at-once": cut(409, { "Content-Length": "100" }, ""),
  "/reset": (_, { socket }) => socket.resetAndDestroy(),
  "/reset-reused": (_, { socket }) => socket.resetAndDestroy(),
  "/no-http": (_, { socket }) => socket.end("SSH-2.0-x\r\n"),
  "/drip": (response) => {
    let drops = 60;
    const drip = setInterval(() => (--drops > 0 ? response.write(".") : response.end()), 50);
    response.on("close", () => clearInterval(drip));
  },
  "/endless": (response) => response.writeHead(200).end(Buffer.alloc(1_000_001)),
  "/silent": (response) => response.on("close", () => (isClosed = true)),
};

function cut(status: number, headers: Record<string, string>, part = "the first part") {
  return (response: ServerResponse, { socket }: IncomingMessage) => {
    response.writeHead(status, headers).flushHeaders();
    if (part !== "") response.write(part);
    socket.end();
  };
}

function send(path: string, more: object = {}): Promise<Told> {
  return driver.ask({ do: "send", method: "POST", url: urlOf(path), body: "{}", ...more });
}

function urlOf(path: string): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`;
}
