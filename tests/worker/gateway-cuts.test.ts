// The service in front of an API that knows no keys: answers that are passed on as they arrive, and end early.

import { once } from "node:events";
import { describe, expect, test } from "vitest";
import { eventually, newKey } from "../harness/client.ts";
import { Connection } from "../harness/connection.ts";
import { EVENTS, MAX_BYTES, scriptedGateway } from "../harness/scripted-gateway.ts";

const { client, upstream, place, send, answered } = scriptedGateway();

describe("a body that ends early", () => {
  test.each([
    ["tells its length", { "Content-Length": 20 * MAX_BYTES }],
    ["does not tell its length", {}],
    ["is a stream of events", EVENTS],
  ])("and that %s is cut for the first client, and a retry gets status and fields", async (_, head) => {
    const path = place();
    const key = newKey();
    const part = "x".repeat(10 * MAX_BYTES);

    const first = await answered(path, key, (response) => response.writeHead(201, head).write(part));
    const reader = first.body!.getReader();
    let received = 0;
    while (received < part.length) received += (await reader.read()).value!.length;
    upstream.at(path)[0]!.request.socket.destroy();

    await expect(reader.read()).rejects.toThrow();
    const retry = await send(path, key);
    expect([retry.status, retry.headers.get("X-Idempotency-Content")]).toEqual([201, "omitted"]);
    expect(upstream.at(path)).toHaveLength(1);
  });

  test("because the runtime ended has completed its key before", async () => {
    const path = place();
    const key = newKey();
    const first = await answered(path, key, (response) =>
      response.writeHead(201, EVENTS).write("data: 1\n\n"),
    );
    const reader = first.body!.getReader();
    await reader.read();

    await client.server.kill();

    await expect(reader.read()).rejects.toThrow();
    const retry = await send(path, key);
    expect([retry.status, retry.headers.get("X-Idempotency-Content")]).toEqual([201, "omitted"]);
    expect(upstream.at(path)).toHaveLength(1);
  });
});

test("events that begin too late complete their key, and end at the API, for nobody waits for them", async () => {
  const path = "/hurry/late";
  const key = newKey();
  const sending = send(path, key);
  const { response } = await upstream.arrived(path);

  const first = await sending;
  response.writeHead(200, EVENTS).write("data: 1\n\n");

  expect(first.status).toBe(504);
  if (!response.closed) await once(response, "close");
  const retry = await send(path, key);
  expect([retry.status, retry.headers.get("X-Idempotency-Content")]).toEqual([200, "omitted"]);
  expect(upstream.at(path)).toHaveLength(1);
});

describe("a client that hangs up in the middle", () => {
  test.each([
    ["of events, of which no more come", EVENTS, "data: 1\n\n"],
    ["of a long answer", {}, Buffer.alloc(8 << 20)],
  ])("%s ends the API's answer, and keeps its key", async (_, head, part) => {
    const path = place();
    const key = newKey();
    const connection = new Connection(client.server.address);
    connection.send(`POST ${path} HTTP/1.1\r\nHost: localhost\r\nIdempotency-Key: ${key}\r\n\r\n`);
    const { response } = await upstream.arrived(path);
    response.writeHead(201, head).write(part);
    await eventually(() => connection.hasReceived("HTTP/1.1 201"));

    connection.reset();

    if (!response.closed) await once(response, "close");
    expect(response.writableFinished).toBe(false);
    const retry = await send(path, key);
    expect([retry.status, retry.headers.get("X-Idempotency-Content")]).toEqual([201, "omitted"]);
    expect(upstream.at(path)).toHaveLength(1);
  });

  test("before they begin ends the API's answer as soon as it begins, and keeps its key", async () => {
    const path = place();
    const key = newKey();
    const connection = new Connection(client.server.address);
    connection.send(`POST ${path} HTTP/1.1\r\nHost: localhost\r\nIdempotency-Key: ${key}\r\n\r\n`);
    const { response } = await upstream.arrived(path);

    connection.reset();
    response.writeHead(201, EVENTS).write("data: 1\n\n");

    if (!response.closed) await once(response, "close");
    const retry = await send(path, key);
    expect([retry.status, retry.headers.get("X-Idempotency-Content")]).toEqual([201, "omitted"]);
    expect(upstream.at(path)).toHaveLength(1);
  });
});
