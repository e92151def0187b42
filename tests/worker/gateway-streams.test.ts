// The service in front of an API that knows no keys: answers that are passed on as they arrive.

import { createHash, randomBytes } from "node:crypto";
import { createGzip, gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { eventually, newKey } from "../harness/client.ts";
import { instance } from "../harness/instance.ts";
import { EVENTS, MAX_BYTES, scriptedGateway } from "../harness/scripted-gateway.ts";

const { client, upstream, place, send, answered } = scriptedGateway();

const MIB = 1 << 20;

describe("events", () => {
  test.each(["with", "without"])("arrive as they are sent, %s a key", async (how) => {
    const path = place();
    const sending = send(path, how === "with" ? newKey() : undefined);
    const { response } = await upstream.arrived(path);
    response.writeHead(200, EVENTS).flushHeaders();

    const answer = await sending;

    const reader = answer.body!.getReader();
    expect([answer.status, answer.headers.get("Content-Type")]).toEqual([200, EVENTS["Content-Type"]]);
    for (const event of ["data: 1\n\n", "data: 2\n\n", "data: 3\n\n"]) {
      response.write(event);
      expect(text((await reader.read()).value)).toBe(event);
    }
    response.end();
    expect((await reader.read()).done).toBe(true);
  });

  test("arrive as they are sent if they are compressed, and come decoded", async () => {
    const path = place();
    const sending = send(path, newKey());
    const { response } = await upstream.arrived(path);
    const gzip = createGzip();
    gzip.pipe(response.writeHead(200, { ...EVENTS, "Content-Encoding": "gzip" }));

    gzip.write("data: 1\n\n");
    gzip.flush();
    const answer = await sending;

    const reader = answer.body!.getReader();
    expect(answer.headers.get("Content-Encoding")).toBeNull();
    expect(text((await reader.read()).value)).toBe("data: 1\n\n");
    gzip.end("data: 2\n\n");
    expect(text((await reader.read()).value)).toBe("data: 2\n\n");
  });

  test("are for the first request alone: a retry gets status and fields at once, and nothing is sent", async () => {
    const path = place();
    const key = newKey();
    const sending = send(path, key);
    const { response } = await upstream.arrived(path);
    response.writeHead(202, { ...EVENTS, "X-Job": "7", "Set-Cookie": "a=1" }).write("data: 1\n\n");
    const first = await sending;

    const meanwhile = await send(path, key);
    response.end();
    await first.text();
    const afterwards = [await send(path, key), await send(path, key)];

    expect(first.headers.get("X-Idempotency-Content")).toBeNull();
    for (const retry of [meanwhile, ...afterwards]) {
      expect([retry.status, await retry.text()]).toEqual([202, ""]);
      expect(fields(retry)).toEqual({
        job: "7",
        content: "omitted",
        replayed: "true",
        type: null,
        cookie: [],
      });
    }
    expect(upstream.at(path)).toHaveLength(1);
  });

  test("go on after the time that an answer may take to begin", async () => {
    const path = "/hurry/events";
    const sending = send(path, newKey());
    const { response } = await upstream.arrived(path);
    response.writeHead(200, EVENTS).write("data: 1\n\n");
    const answer = await sending;
    const reader = answer.body!.getReader();
    await reader.read();

    const late = Date.now() + 1500;
    await eventually(() => Date.now() > late);
    response.end("data: 2\n\n");

    expect(text((await reader.read()).value)).toBe("data: 2\n\n");
  });

  test.each([204, 205])("are not what an answer without a body has, of status %i", async (status) => {
    const path = place();
    const key = newKey();

    const first = await answered(path, key, (response) =>
      response.writeHead(status, EVENTS).end("data: 1\n\n"),
    );
    const retry = await send(path, key);

    for (const answer of [first, retry]) expect([answer.status, await answer.text()]).toEqual([status, ""]);
    expect(fields(retry)).toMatchObject({ content: null, replayed: "true" });
  });
});

describe("a long answer", () => {
  test.each([
    ["tells its length", { "Content-Length": 30 * MIB }],
    ["does not tell its length", {}],
  ])("that %s arrives whole, and is not held in memory", async (_, head) => {
    await answered(place(), newKey(), (response) => response.writeHead(200, EVENTS).end());
    const body = randomBytes(30 * MIB);
    const path = place();
    const key = newKey();
    const before = await instance(client);

    const first = await answered(path, key, (response) => response.writeHead(201, head).end(body));

    expect(await digest(first)).toBe(createHash("sha256").update(body).digest("hex"));
    const after = await instance(client);
    expect(after.memoryBytes - before.memoryBytes).toBeLessThan(MIB);
    const retry = await send(path, key);
    expect([retry.status, await retry.text()]).toEqual([201, ""]);
    expect(fields(retry)).toMatchObject({ content: "omitted", replayed: "true" });
    expect(upstream.at(path)).toHaveLength(1);
  });

  test.each([
    [MAX_BYTES - 1, true],
    [MAX_BYTES, true],
    [MAX_BYTES + 1, false],
  ])("begins after the bytes that are kept: %i", async (length, isKept) => {
    const body = "x".repeat(length);
    for (const head of [{}, { "Content-Length": length }]) {
      const path = place();
      const key = newKey();

      const first = await answered(path, key, (response) => response.writeHead(200, head).end(body));
      const retry = await send(path, key);

      expect(await first.text()).toBe(body);
      expect(await retry.text()).toBe(isKept ? body : "");
      expect(retry.headers.get("X-Idempotency-Content")).toBe(isKept ? null : "omitted");
    }
  });

  test.each([
    ["is long when it is decoded", Buffer.alloc(10 * MAX_BYTES, "x"), false],
    ["is long before it is decoded", randomBytes(MAX_BYTES - 1), true],
  ])("that %s comes decoded, and is kept if it is short then", async (_, body, isKept) => {
    const path = place();
    const key = newKey();
    const packed = gzipSync(body);
    const head = { "Content-Encoding": "gzip", "Content-Length": packed.length, ETag: '"v1"' };

    const first = await answered(path, key, (response) => response.writeHead(200, head).end(packed));
    const retry = await send(path, key);

    expect(Buffer.from(await first.arrayBuffer()).equals(body)).toBe(true);
    expect([first.headers.get("ETag"), first.headers.get("Content-Encoding")]).toEqual(['W/"v1"', null]);
    expect((await retry.arrayBuffer()).byteLength).toBe(isKept ? body.length : 0);
  });

  test("waits at the API for a client that does not read it", async () => {
    const path = place();
    const chunk = Buffer.alloc(MIB);
    let written = 0;
    const first = await answered(path, newKey(), (response) => {
      const write = () => {
        while (written < 192)
          if ((written++, !response.write(chunk))) return void response.once("drain", write);
        response.end();
      };
      write();
    });

    for (let other = 0; other < 20; other++)
      await answered(place(), newKey(), (response) => response.end("short"));

    // The sockets on the way take some of it, up to tens of MiB each.
    expect(written).toBeLessThan(128);
    expect((await first.arrayBuffer()).byteLength).toBe(192 * MIB);
  });

  test.each([500, 503])("of status %i passes whole, and nobody knows what was done", async (status) => {
    const path = place();
    const key = newKey();
    const body = "x".repeat(3 * MAX_BYTES);

    const first = await answered(path, key, (response) => response.writeHead(status).end(body));
    const retry = await send(path, key);

    expect([first.status, await first.text()]).toEqual([status, body]);
    expect(retry.status).toBe(409);
    expect(await retry.json()).toMatchObject({ type: "/problems/outcome-unknown" });
  });

  test("of a status that says that nothing was done passes whole, and the key is free", async () => {
    const path = place();
    const key = newKey();
    const body = "x".repeat(3 * MAX_BYTES);

    const first = await answered(path, key, (response) => response.writeHead(429).end(body));
    const retrying = send(path, key);
    await eventually(() => upstream.at(path).length === 2);
    upstream.at(path)[1]!.response.end("done");

    expect([first.status, await first.text()]).toEqual([429, body]);
    expect(await (await retrying).text()).toBe("done");
  });
});

describe("a long request", () => {
  test("with a key arrives whole if it has 10 MiB, and is refused if it has more", async () => {
    const path = place();
    const body = randomBytes(10 * MIB);
    const headers = { "Content-Type": "application/octet-stream" };

    const sending = send(path, newKey(), { body, headers });
    const { response, body: received } = await upstream.arrived(path);
    response.writeHead(201).end();
    const longer = await send(path, newKey(), { body: Buffer.concat([body, Buffer.alloc(1)]), headers });

    expect(received.equals(body)).toBe(true);
    expect([(await sending).status, longer.status]).toEqual([201, 413]);
    expect(upstream.at(path)).toHaveLength(1);
  });
});

const text = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes);

function fields({ headers }: Response) {
  return {
    job: headers.get("X-Job"),
    content: headers.get("X-Idempotency-Content"),
    replayed: headers.get("Idempotent-Replayed"),
    type: headers.get("Content-Type"),
    cookie: headers.getSetCookie(),
  };
}

async function digest(answer: Response): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of answer.body!) hash.update(chunk);
  return hash.digest("hex");
}
