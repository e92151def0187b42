// Clients that send slowly. They are told apart by the clock, so these tests take as long as it says: all at once.

import { setInterval } from "node:timers/promises";
import { expect, test } from "vitest";
import { newKey, RESOURCES, serve } from "../harness/client.ts";
import { Connection, type RawAnswer } from "../harness/connection.ts";

const api = serve();

/** How long a client goes on: longer than the slowest that is taken. */
const LONGEST_S = 15;

interface Slow {
  /** How long the content is. */
  length: number;
  /** How many bytes come with the head. */
  atOnce?: number;
  /** How many come each second after that. */
  bytesPerS: number;
}

const TAKEN: Record<string, Slow> = {
  "110 kB at 8 kB/s": { length: 110_000, bytesPerS: 8000 },
  "15 kB at 1,200 B/s": { length: 15_000, bytesPerS: 1200 },
  "100 kB of which most come at once": { length: 100_000, atOnce: 99_989, bytesPerS: 1 },
};

const REFUSED: Record<string, Slow> = {
  "a short content, a byte a second": { length: 1000, bytesPerS: 1 },
  "a long content, a byte a second": { length: 100_000, bytesPerS: 1 },
  "a long content at half of the least rate": { length: 100_000, bytesPerS: 500 },
  "a long content that stops": { length: 100_000, atOnce: 50_000, bytesPerS: 0 },
};

test("a content is waited for if it comes at 1 kB/s and is never silent for ten seconds", async () => {
  const keys = [...Object.keys(TAKEN), ...Object.keys(REFUSED)].map(newKey);
  const clients = Object.entries({ ...TAKEN, ...REFUSED });

  const answers = await Promise.all(
    clients.map(async ([name, slow], n) => [name, await sendSlowly(keys[n]!, slow)] as const),
  );

  for (const [name, { status, json }] of answers) {
    if (name in TAKEN) expect(status, name).toBe(201);
    else expect([status, json.type, json.retryable], name).toEqual([408, "/problems/request-timeout", true]);
  }
  for (const key of keys.slice(Object.keys(TAKEN).length)) expect((await api.status(key)).status).toBe(404);
});

test("a request without a key is refused before its content has come", async () => {
  const connection = new Connection(api.server.address);
  const fields = ["Host: localhost", "Content-Type: application/json", "Content-Length: 1000"];
  connection.send([`POST ${RESOURCES} HTTP/1.1`, ...fields, "", "{"].join("\r\n"));

  const { status, json } = await connection.answer();

  expect([status, json.type]).toEqual([400, "/problems/idempotency-key-missing"]);
});

async function sendSlowly(key: string, { length, atOnce = 0, bytesPerS }: Slow): Promise<RawAnswer> {
  const content = '{"name":"n"}'.padEnd(length);
  const connection = new Connection(api.server.address);
  const fields = ["Host: localhost", "Content-Type: application/json", `X-Idempotency-Key: ${key}`];
  const head = [`POST ${RESOURCES} HTTP/1.1`, ...fields, `Content-Length: ${length}`, "", ""].join("\r\n");
  connection.send(head + content.slice(0, atOnce));
  let sent = atOnce;
  let seconds = 0;
  for await (const _ of setInterval(1000)) {
    if (sent >= length || seconds === LONGEST_S) break;
    connection.send(content.slice(sent, (sent += bytesPerS)));
    seconds++;
  }
  return connection.answer();
}
