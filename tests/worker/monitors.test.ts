// An object that adds up: what it takes in, and what it keeps of it.

import { describe, expect, onTestFinished, test } from "vitest";
import { batch, handOver, REQUESTS, WITH_BATCHES } from "../harness/batches.ts";
import { eventually, serve } from "../harness/client.ts";
import { instance } from "../harness/instance.ts";

const MIB = 1024 * 1024;
/** The longest window there may be, so that nothing is forgotten meanwhile. */
const api = serve({ ALERT_RULES: JSON.stringify({ window_s: 3600 }) }, WITH_BATCHES);

describe("an object that adds up", () => {
  test("keeps no more of many batches than of a few", { timeout: 120_000 }, async () => {
    const { address } = api.server;
    await handOver(address, batch(), 100);
    const before_bytes = (await instance(api)).memoryBytes;

    for (let round = 0; round < 10; round++)
      expect(await handOver(address, batch({ conflicts: 100 }), 100)).toEqual([]);

    const grown_bytes = (await instance(api)).memoryBytes - before_bytes;
    expect(grown_bytes).toBeLessThan(4 * MIB);
    const { text } = await api.call("/metrics");
    const counts = [...text.matchAll(/^idempotency_requests_total\{.*\} (\d+)$/gm)];
    expect(counts.reduce((sum, [, count]) => sum + Number(count), 0)).toBe(1100 * REQUESTS);
  });

  test("refuses a batch that is longer than any isolate has, and goes on", async () => {
    const { address } = api.server;

    const refused = await handOver(address, batch({ padding: MIB }), 1);
    const taken = await handOver(address, batch(), 1);

    expect(refused).toEqual([expect.stringMatching(/more than \d+ bytes/)]);
    expect(taken).toEqual([]);
  });
});

describe("open dashboards", () => {
  test("are told of a flood in few messages, and of all of it", async () => {
    const COUNT = 300;
    const messages: { type: string; batch?: { tally: any; events: unknown[]; left_out: number } }[] = [];
    const socket = open();
    socket.onmessage = ({ data }) => messages.push(JSON.parse(data));
    await eventually(() => messages.length === 1);

    await handOver(api.server.address, batch(), COUNT);

    const batches = () => messages.flatMap(({ batch }) => batch ?? []);
    const told = () => batches().reduce((sum, { tally }) => sum + tally.replays.memory, 0);
    await eventually(() => told() === 5 * COUNT);
    expect(messages.length).toBeLessThan(COUNT / 3);
    const listed = batches().reduce((sum, { events, left_out }) => sum + events.length + left_out, 0);
    expect(listed).toBe(400 * COUNT);
    for (const { events } of batches()) expect(events.length).toBeLessThanOrEqual(100);
  });

  test("are as many as there may be, and one more when one is closed", async () => {
    const sockets = [];
    for (let socket = open(); await isOpened(socket); socket = open()) sockets.push(socket);

    sockets[0]!.close();

    // One of the test before may have been closing still.
    expect([99, 100]).toContain(sockets.length);
    const [line] = await api.logged({ message: "Reading failed" });
    expect(line!.reason).toContain("100 dashboards are open already");
    await eventually(() => isOpened(open()));
  });
});

function open(): WebSocket {
  const url = new URL("/dashboard/live", api.server.address);
  url.protocol = "ws:";
  const socket = new WebSocket(url);
  onTestFinished(() => socket.close());
  return socket;
}

function isOpened(socket: WebSocket): Promise<boolean> {
  return new Promise((resolve) => {
    socket.onopen = () => resolve(true);
    socket.onerror = () => resolve(false);
  });
}
