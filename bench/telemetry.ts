// npm run telemetry-cost
//
// What counting costs: two services side by side, one that counts and one that does not, in turn; and what one object that
// adds up takes in. Fails if something is not counted or not taken in, never for a time.

import { deepEqual, equal } from "node:assert/strict";
import { Agent, request } from "node:http";
import { batch, handOver, WITH_BATCHES } from "../tests/harness/batches.ts";
import { Client, eventually, newKey, RESOURCES } from "../tests/harness/client.ts";
import { instance } from "../tests/harness/instance.ts";
import { runtimePid, startServer } from "../tests/harness/server.ts";
import { Processor } from "./processor.ts";

const ROUNDS = Number(process.env.ROUNDS ?? 20);
/** Each with a first request and three replays, as far as one can foresee them. */
const KEYS_PER_ROUND = 50;
const REQUESTS_PER_KEY = 4;
const CONNECTIONS = 16;
const BATCHES_PER_ROUND = 500;

await compareServices();
await fillObject();

/** A service that counts answers all that one does that does not. */
async function compareServices() {
  const services = await Promise.all(
    ["1", "0"].map((objects) => startServer({ TELEMETRY_OBJECTS: objects })),
  );
  const rates: number[][] = services.map(() => []);
  try {
    for (let round = 0; round < ROUNDS; round++)
      for (const [at, service] of services.entries()) rates[at]!.push(await drive(service.address));

    const [on, off] = rates.map(median);
    console.log(
      `Keyed requests per second, medians of ${ROUNDS} rounds: ${on!.toFixed(0)} with telemetry, ` +
        `${off!.toFixed(0)} without; ratio ${(on! / off!).toFixed(3)}.`,
    );
    const sent = ROUNDS * KEYS_PER_ROUND * REQUESTS_PER_KEY;
    await eventually(async () => (await counted(services[0]!.address)) === sent);
  } finally {
    await Promise.all(services.map((service) => service.stop()));
  }
}

/** An object takes in batch after batch. */
async function fillObject() {
  // The longest window: nothing of what comes is forgotten meanwhile.
  const ALERT_RULES = JSON.stringify({ window_s: 3600 });
  const api = new Client();
  api.server = await startServer({ ALERT_RULES }, WITH_BATCHES);
  const processor = new Processor(runtimePid());
  try {
    for (let round = 1; round <= ROUNDS; round++) {
      const content = batch({ conflicts: 100 });
      const [started, cpu_ms] = [performance.now(), processor.cpuMs()];
      deepEqual(await handOver(api.server.address, content, BATCHES_PER_ROUND), []);
      const elapsed_ms = performance.now() - started;
      console.log(
        `Batches ${(round - 1) * BATCHES_PER_ROUND} to ${round * BATCHES_PER_ROUND}, of ${content.length} bytes: ` +
          `${((BATCHES_PER_ROUND * 1000) / elapsed_ms).toFixed(0)} a second, ` +
          `${((processor.cpuMs() - cpu_ms) / BATCHES_PER_ROUND).toFixed(2)} ms of processor time each; ` +
          `memory ${((await instance(api)).memoryBytes / 1024 / 1024).toFixed(1)} MiB, ` +
          `of the whole runtime ${processor.memoryMb()} MB.`,
      );
    }
  } finally {
    await api.server.stop();
  }
}

/** Requests per second of one round. */
async function drive(address: URL): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  const keys = Array.from({ length: KEYS_PER_ROUND }, newKey);
  const started = performance.now();
  await Promise.all(
    keys.map(async (key) => {
      for (let again = 0; again < REQUESTS_PER_KEY; again++) equal(await post(address, key, agent), 201);
    }),
  );
  const elapsed_ms = performance.now() - started;
  agent.destroy();
  return (KEYS_PER_ROUND * REQUESTS_PER_KEY * 1000) / elapsed_ms;
}

function post(address: URL, key: string, agent: Agent) {
  return new Promise<number>((resolve, reject) => {
    request(
      new URL(RESOURCES, address),
      { method: "POST", agent, headers: { "Content-Type": "application/json", "X-Idempotency-Key": key } },
      (response) => {
        response.resume();
        response.on("end", () => resolve(response.statusCode!));
      },
    )
      .on("error", reject)
      .end('{"name":"Lathe"}');
  });
}

async function counted(address: URL): Promise<number> {
  const text = await (await fetch(new URL("/metrics", address))).text();
  return [...text.matchAll(/^idempotency_requests_total\{.*\} (\d+)$/gm)].reduce(
    (sum, [, n]) => sum + Number(n),
    0,
  );
}

function median(values: number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
}
