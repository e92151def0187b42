// What every test file needs of a client: one server, requests in one line, conditions to wait for.

import { setTimeout } from "node:timers/promises";
import { afterAll, beforeAll } from "vitest";
import { type Options, type Server, startServer } from "./server.ts";
import type { TableName } from "./stores/store.ts";

export const RESOURCES = "/api/v1/operations/resources";
export const TRANSACTIONS = "/api/v1/operations/transactions";
export const AUDIT_LOG = "/api/audit/log";
export const AUDIT_LOGS = "/api/audit/logs";

/** A payload that each keyed route takes. */
export const PAYLOADS = {
  [RESOURCES]: { name: "Lathe" },
  [TRANSACTIONS]: { amount: 99.95, description: "One coffee machine" },
  [AUDIT_LOG]: { user_id: "u1", action: "login", details: {} },
};

export type Keyed = keyof typeof PAYLOADS;

export interface Call {
  method?: string;
  /** A bearer token: another caller. */
  as?: string;
  /** What X-Fault is to say. */
  fault?: string;
  /** How many seconds to wait for a running attempt. */
  wait?: number;
  /** In the place of X-Idempotency-Key. */
  standardKey?: string;
  headers?: Record<string, string>;
  /** An object is sent as JSON, a string or bytes as they are. */
  payload?: unknown;
  signal?: AbortSignal;
}

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  /** The content read as JSON; nothing if it is none. */
  json: any;
}

export const newKey = () => crypto.randomUUID() as string;

/** A client of a server of the file's own, which starts and ends with the file. */
export function serve(vars: Record<string, string> = {}, options: Options = {}): Client {
  const client = new Client();
  beforeAll(async () => {
    client.server = await startServer({ FAULT_INJECTION: "on", ...vars }, options);
  });
  afterAll(() => client.server.stop());
  return client;
}

export class Client {
  server!: Server;

  async call(path: string, call: Call = {}): Promise<Answer> {
    const { method, as, fault, wait, standardKey, payload, signal } = call;
    const headers = new Headers(call.headers);
    if (as !== undefined) headers.set("Authorization", `Bearer ${as}`);
    if (fault !== undefined) headers.set("X-Fault", fault);
    if (wait !== undefined) headers.set("Prefer", `wait=${wait}`);
    if (standardKey !== undefined) headers.set("Idempotency-Key", standardKey);
    const init: RequestInit = { headers };
    if (method !== undefined) init.method = method;
    if (signal !== undefined) init.signal = signal;
    if (payload !== undefined) {
      if (!headers.has("Content-Type")) headers.set("Content-Type", "application/json");
      init.body = isAsItIs(payload) ? payload : JSON.stringify(payload);
    }
    const response = await fetch(new URL(path, this.server.address), init);
    return readAnswer(response);
  }

  /** A keyed request. The payload is one that the route takes, if there is no other. */
  post(path: Keyed, key: string, call: Call = {}): Promise<Answer> {
    const headers =
      call.standardKey === undefined ? { "X-Idempotency-Key": key, ...call.headers } : call.headers;
    return this.call(path, {
      method: "POST",
      payload: PAYLOADS[path],
      ...call,
      ...(headers && { headers }),
    });
  }

  create(key: string, call: Call = {}): Promise<Answer> {
    return this.post(RESOURCES, key, call);
  }

  status(key: string, call: Call = {}): Promise<Answer> {
    return this.call(`/api/v1/operations/idempotency/${key}`, call);
  }

  /** The rows that requests with this key have made, of any caller. */
  rows(key: string, table: "resources" | "transactions" = "resources") {
    return this.rowsWhere(table, "idempotency_key", key);
  }

  rowsWhere(table: TableName, column: string, value: string) {
    return this.server.store.rows(table, column, value);
  }

  /** Waits until an attempt with this key runs. */
  async isRunning(key: string, call: Call = {}): Promise<void> {
    await eventually(async () => (await this.status(key, call)).json?.status === "PROCESSING");
  }

  /** The log lines with these members, as soon as there are any. */
  async logged(members: Record<string, unknown>) {
    const wanted = Object.entries(members);
    const matching = () =>
      this.server.logs.filter((line) => wanted.every(([name, value]) => line[name] === value));
    await eventually(() => matching().length > 0);
    return matching();
  }
}

/** Waits for a condition, far longer than it should take. One that throws is not true. */
export async function eventually(condition: () => boolean | Promise<boolean>): Promise<void> {
  const until = Date.now() + 60_000;
  for (;;) {
    let error: unknown = new Error(`it never came true: ${condition}`);
    try {
      if (await condition()) return;
    } catch (thrown) {
      error = thrown;
    }
    if (Date.now() > until) throw error;
    await setTimeout(20);
  }
}

/** Waits until the clock has passed what the answer says of its expiry. */
export async function expiryOf(answer: Answer): Promise<void> {
  const expiresAt = Date.parse(answer.headers.get("X-Idempotency-Expires-At")!);
  await eventually(() => Date.now() > expiresAt);
}

const isAsItIs = (payload: unknown): payload is string | Uint8Array<ArrayBuffer> =>
  typeof payload === "string" || payload instanceof Uint8Array;

async function readAnswer(response: Response): Promise<Answer> {
  const text = await response.text();
  const isJson = /\bjson\b/.test(response.headers.get("Content-Type") ?? "");
  const json = isJson && text !== "" ? JSON.parse(text) : undefined;
  return { status: response.status, headers: response.headers, text, json };
}
