// Clients that hang up. On a socket of the Worker's own, the platform cancels a request whose connection is reset.

import { describe, expect, test } from "vitest";
import { eventually, newKey, RESOURCES, serve } from "../harness/client.ts";
import { Connection } from "../harness/connection.ts";
import { areUnderWay, change, instance, WATCHED } from "../harness/instance.ts";
import { copyName } from "../harness/objects.ts";

// What is kept on purpose, answers and counts, is not what is looked for.
const api = serve({ REPLAY_MEMORY_BYTES: "0", TELEMETRY_OBJECTS: "0" }, { direct: true, ...WATCHED });

const CONTENT = JSON.stringify({ name: "n", metadata: { texts: Array(4).fill("x".repeat(60_000)) } });
const PART = CONTENT.slice(0, 200_000);

/** How many hang up at a time. */
const CLIENTS = 20;

// Each of these is more for the memory than the one before, which never gets smaller: what one leaves could hide in what
// another has set free.
describe("a client that hangs up leaves nothing in memory", () => {
  test("while it sends a content that is refused", async () => {
    await leavesNothing({ rounds: 40, bytesEach: 30_000 }, () => hangUp(["Authorization: Basic YTpi"], PART));
  });

  test("while it sends its content", async () => {
    await leavesNothing({ rounds: 8, bytesEach: 300_000 }, () => hangUp([], PART));
  });

  test("while its own attempt runs", async () => {
    await leavesNothing({ rounds: 8, bytesEach: 1_200_000 }, () => hangUp(["X-Fault: delay=500"], CONTENT));
  });

  test("while it waits for a running attempt", async () => {
    await leavesNothing({ rounds: 8, bytesEach: 1_200_000 }, async () => {
      const key = newKey();
      const first = api.create(key, { payload: CONTENT, fault: "delay=1000" });
      await api.isRunning(key);
      await hangUp(["Prefer: wait=30"], CONTENT, key);
      await first;
    });
  });
});

describe("a client that hangs up before its answer comes", () => {
  test("has it copied into KV", async () => {
    const key = newKey();
    const connection = new Connection(api.server.address);
    connection.send(request(["X-Fault: delay=1000"], CONTENT, key));
    await api.isRunning(key);

    connection.reset();

    const copies = await api.server.kv();
    await eventually(async () => (await copies.get(copyName(key))) !== null);
    expect(await api.rows(key)).toHaveLength(1);
  });
});

describe("an object that is reset", () => {
  test("leaves nothing in memory that is older than a call may take", async () => {
    const call = { payload: CONTENT, fault: "abort-before" };
    await leavesNothing({ rounds: 8, bytesEach: 900_000 }, async () => {
      await Promise.all(Array.from({ length: CLIENTS }, () => api.create(newKey(), call)));
      await change(api, { later: "1200000" });
    });
  });
});

/** The memory may grow by twice of what the clients of one round need at once. */
async function leavesNothing(
  { rounds, bytesEach }: { rounds: number; bytesEach: number },
  round: () => Promise<void>,
) {
  const before = await instance(api);

  for (let n = 0; n < rounds; n++) {
    await round();
    await areUnderWay(api, 0);
  }

  const after = await instance(api);
  expect(after.memoryBytes - before.memoryBytes).toBeLessThan(2 * CLIENTS * bytesEach);
}

/** Resets the connections of clients whose requests, of one key or each of its own, have come. */
async function hangUp(fields: string[], content: string, key?: string): Promise<void> {
  const others = (await instance(api)).underWay;
  const connections = Array.from({ length: CLIENTS }, () => {
    const connection = new Connection(api.server.address);
    connection.send(request(fields, content, key));
    return connection;
  });
  await areUnderWay(api, others + CLIENTS);
  for (const connection of connections) connection.reset();
}

/** A request with `content`, which is all of its content or a part. */
function request(fields: string[], content: string, key = newKey()): string {
  const lines = [
    `POST ${RESOURCES} HTTP/1.1`,
    "Host: localhost",
    "Content-Type: application/json",
    `Content-Length: ${CONTENT.length}`,
    `X-Idempotency-Key: ${key}`,
    ...fields,
  ];
  return [...lines, "", content].join("\r\n");
}
