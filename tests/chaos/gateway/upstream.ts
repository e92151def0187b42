// An API that knows nothing of idempotency, on a server of this process, outside the runtime. It counts what comes, and
// does with it what is planned.

import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import { close, listen } from "../../harness/listen.ts";
import { type Behavior, type KeyPlan, TIMEOUT_S } from "./plan.ts";

/** Which plan a request is of; the gateway passes it on like any field. */
export const PLAN_FIELD = "X-Plan";

/** A request that has come. */
export interface Arrival {
  plan: number;
  atMs: number;
  behavior: Behavior;
  /** The key that the gateway has sent. */
  derivedKey: string | undefined;
  body: string;
  /** What it was answered with, as far as it was. */
  status: number;
  text: string;
}

const SLOW_MS = [50, 700] as const;
const LATE_MS = [TIMEOUT_S * 1000 + 50, TIMEOUT_S * 1000 + 2500] as const;

export class CountingUpstream {
  readonly arrivals: Arrival[] = [];
  /** Does what is planned; if not, it creates whatever is asked for. */
  troubled = true;
  readonly #plans: KeyPlan[];
  readonly #now: () => number;
  /** What was answered to a derived key, where the route says that the API honors them. */
  readonly #done = new Map<string, string>();
  readonly #server = createServer((request, response) => void this.#answer(request, response));

  constructor(plans: KeyPlan[], now: () => number) {
    this.#plans = plans;
    this.#now = now;
  }

  start(): Promise<string> {
    return listen(this.#server);
  }

  stop(): void {
    close(this.#server);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.on("error", () => {});
    const body = await read(request);
    const index = Number(request.headers[PLAN_FIELD.toLowerCase()]);
    const plan = this.#plans[index];
    if (plan === undefined || body === undefined) return void request.socket.destroy();
    const number = this.arrivals.filter((arrival) => arrival.plan === index).length;
    const arrival: Arrival = {
      plan: index,
      atMs: this.#now(),
      behavior: (this.troubled && plan.behaviors[number]) || "created",
      derivedKey: request.headers["idempotency-key"] as string | undefined,
      body,
      status: 201,
      text: "",
    };
    this.arrivals.push(arrival);
    arrival.text = this.#content(plan, arrival);
    await behave(arrival, request, response);
  }

  /** Different each time, unless the API honors keys and the key was here before. */
  #content({ rule }: KeyPlan, { derivedKey, plan, behavior }: Arrival): string {
    const made = `${JSON.stringify({ plan, number: this.arrivals.length })} ${randomBytes(60).toString("latin1")}`;
    const honored = rule === "resend" && ["created", "slow", "late", "cut", "cutInChunks"].includes(behavior);
    if (!honored || derivedKey === undefined) return made;
    const content = this.#done.get(derivedKey) ?? made;
    this.#done.set(derivedKey, content);
    return content;
  }
}

/** Nothing, if its client goes away. */
async function read(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of request) chunks.push(chunk);
  } catch {
    return undefined;
  }
  return Buffer.concat(chunks).toString("utf8");
}

async function behave(
  arrival: Arrival,
  { socket }: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const content = Buffer.from(arrival.text, "latin1");
  // Whatever it does depends on the request, so that it is the same whenever the seed is.
  const share = (arrival.plan % 17) / 16;
  const between = ([least, most]: readonly [number, number]) => least + share * (most - least);
  const whole = (status: number, fields: Record<string, string> = {}) => {
    arrival.status = status;
    response.writeHead(status, { "Content-Type": "application/octet-stream", ...fields }).end(content);
  };
  switch (arrival.behavior) {
    case "created":
      return whole(201);
    case "slow":
      await pause(between(SLOW_MS));
      return whole(201);
    case "late":
      await pause(between(LATE_MS));
      return whole(201);
    case "redirected":
      return whole(303, { Location: "/orders/7" });
    case "refused":
      return whole([400, 404, 409, 422][arrival.plan % 4]!);
    case "error":
      return whole([500, 502, 503, 504][arrival.plan % 4]!);
    case "denied":
      return whole([401, 403][arrival.plan % 2]!);
    case "tooEarly":
      return whole(425);
    case "busy":
      return whole(429, { "Retry-After": "1" });
    case "silent":
      return;
    case "reset":
      return void socket.resetAndDestroy();
    case "ended":
      return void socket.end();
    case "garbage":
      return void socket.end("nonsense\r\n\r\n");
    case "cut":
      response.writeHead(201, { "Content-Length": content.length });
      return void response.write(content.subarray(0, 20), () => setTimeout(() => socket.destroy(), 30));
    case "cutInChunks":
      response.writeHead(201);
      return void response.write(content.subarray(0, 20), () => setTimeout(() => socket.destroy(), 30));
  }
}
