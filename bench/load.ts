// The load generator: a process of its own that keeps so many connections busy, each with one request at a time
// (a closed loop). Requests are bytes made beforehand but for the key, and of an answer no more is read than where it
// ends and whether it is the right one: the generator is not to take the time that is to be measured.

import { randomUUID } from "node:crypto";
import { connect } from "node:net";
import process from "node:process";

/** A UUID where the key goes. */
const KEY = "00000000-0000-4000-8000-000000000000";

export interface Load {
  port: number;
  connections: number;
  /** How long requests are begun, in milliseconds; or how many there are. */
  durationMs?: number;
  requests?: number;
  path: string;
  content: string;
  /** The keys, in turn. Without the list, each request has a new one; with an empty list, it has none. */
  keys?: string[] | undefined;
  /** The values of `Authorization`, in turn. */
  authorizations?: string[] | undefined;
  /** `X-Fault` */
  fault?: string | undefined;
  status: number;
  /** What the head of every answer contains. */
  contains?: string | undefined;
}

export interface Run {
  requests: number;
  elapsedMs: number;
  p50Ms: number;
  p99Ms: number;
  /** Processor time of the generator. */
  cpuMs: number;
  /** The first answer that was not the right one. */
  wrong?: string;
}

process.on("message", async (load: Load) => process.send!(await drive(load)));

async function drive(load: Load): Promise<Run> {
  const latencies: number[] = [];
  const before = process.cpuUsage();
  const startedAt = performance.now();
  const endsAt = startedAt + (load.durationMs ?? Infinity);
  const next = requests(load);
  let wrong: string | undefined;
  let left = load.requests ?? Infinity;
  await Promise.all(Array.from({ length: Math.min(load.connections, left) }, connection));
  const elapsedMs = performance.now() - startedAt;
  const { user, system } = process.cpuUsage(before);
  latencies.sort((a, b) => a - b);
  const quantile = (share: number) => latencies[Math.floor(latencies.length * share)] ?? NaN;
  return {
    requests: latencies.length,
    elapsedMs,
    p50Ms: quantile(0.5),
    p99Ms: quantile(0.99),
    cpuMs: (user + system) / 1000,
    ...(wrong === undefined ? {} : { wrong }),
  };

  function connection() {
    return new Promise<void>((resolve) => {
      const socket = connect({ port: load.port, host: "127.0.0.1", noDelay: true });
      let sentAt = 0;
      let received = "";
      const end = () => {
        socket.removeAllListeners("close").destroy();
        resolve();
      };
      const fail = (why: string) => {
        wrong ??= why;
        end();
      };
      const send = () => {
        if (left <= 0 || wrong !== undefined || performance.now() >= endsAt) return end();
        left--;
        sentAt = performance.now();
        socket.write(next());
      };
      socket.on("connect", send);
      socket.on("error", (error) => fail(error.message));
      socket.on("close", () => fail("the connection was closed"));
      socket.on("data", (chunk) => {
        received += chunk.toString("latin1");
        if (!isWhole(received)) return;
        latencies.push(performance.now() - sentAt);
        const right =
          received.startsWith(`HTTP/1.1 ${load.status} `) && received.includes(load.contains ?? "");
        if (!right) return fail(received);
        received = "";
        send();
      });
    });
  }
}

/** Whether an answer has arrived to its end. */
function isWhole(received: string): boolean {
  const headEnd = received.indexOf("\r\n\r\n");
  if (headEnd < 0) return false;
  const length = /\r\ncontent-length: (\d+)/i.exec(received);
  return length === null
    ? received.endsWith("0\r\n\r\n")
    : received.length >= headEnd + 4 + Number(length[1]);
}

/** Makes one request after the other. */
function requests({ path, content, keys, fault, authorizations = [] }: Load): () => Buffer {
  const request = (authorization?: string) =>
    Buffer.from(
      [
        `POST ${path} HTTP/1.1`,
        "Host: 127.0.0.1",
        "User-Agent: bench",
        "Content-Type: application/json",
        ...(authorization === undefined ? [] : [`Authorization: ${authorization}`]),
        ...(fault === undefined ? [] : [`X-Fault: ${fault}`]),
        ...(keys?.length === 0 ? [] : [`X-Idempotency-Key: ${KEY}`]),
        `Content-Length: ${Buffer.byteLength(content)}`,
        "",
        content,
      ].join("\r\n"),
    );
  const all = authorizations.length === 0 ? [request()] : authorizations.map(request);
  const placesOfKeys = all.map((request) => request.indexOf(KEY));
  let sent = 0;
  return () => {
    const which = sent % all.length;
    const key = keys === undefined ? randomUUID() : keys[sent % keys.length]!;
    sent++;
    if (placesOfKeys[which]! < 0) return all[which]!;
    const one = Buffer.from(all[which]!);
    one.write(key, placesOfKeys[which]!, "latin1");
    return one;
  };
}
