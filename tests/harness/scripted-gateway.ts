// The gateway in front of an API whose answers a test writes itself, on a socket where a client can hang up.

import type { ServerResponse } from "node:http";
import { afterAll, beforeAll } from "vitest";
import { Client } from "./client.ts";
import { WATCHED } from "./instance.ts";
import { ScriptedUpstream } from "./scripted.ts";
import { GATEWAY, startServer } from "./server.ts";

/** The head of an answer that is streamed. */
export const EVENTS = { "Content-Type": "text/event-stream; charset=utf-8" };

/** How long an answer may be of which a retry gets all. */
export const MAX_BYTES = 10_000;

export interface ScriptedGateway {
  /** For what is not the API's. */
  client: Client;
  upstream: ScriptedUpstream;
  /** A path of its own for each request, so that the API finds it. */
  place(): string;
  send(path: string, key?: string, init?: RequestInit): Promise<Response>;
  /** Sends a request, and has the API answer it. */
  answered(path: string, key: string, answer: (response: ServerResponse) => unknown): Promise<Response>;
}

/** A gateway of the file's own, which starts and ends with the file. */
export function scriptedGateway(): ScriptedGateway {
  const [client, upstream] = [new Client(), new ScriptedUpstream()];
  beforeAll(async () => {
    const policy = policyFor(await upstream.start());
    client.server = await startServer({}, { root: GATEWAY, policy, direct: true, ...WATCHED });
  });
  afterAll(async () => {
    await client.server?.stop();
    upstream.stop();
  });
  const send: ScriptedGateway["send"] = (path, key, init = {}) => {
    const headers = new Headers(init.headers);
    if (key !== undefined) headers.set("Idempotency-Key", key);
    return fetch(new URL(path, client.server.address), { method: "POST", ...init, headers });
  };
  let places = 0;
  return {
    client,
    upstream,
    place: () => `/orders/${++places}`,
    send,
    answered: async (path, key, answer) => {
      const sending = send(path, key);
      answer((await upstream.arrived(path)).response);
      return sending;
    },
  };
}

function policyFor(url: string) {
  const route = (path: string, upstream: string) => ({
    match: { path },
    upstream,
    caller: "route",
    key: { required: false },
    answer: { max_bytes: MAX_BYTES },
  });
  return {
    upstreams: { api: { url }, hurried: { url, timeout_s: 1 } },
    routes: [route("/hurry/{*rest}", "hurried"), route("/orders/{*rest}", "api")],
    default: { pass: "api" },
  };
}
