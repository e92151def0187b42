// The gateway in front of an API that knows no keys, with a route for each rule that tests are about.

import { afterAll, beforeAll } from "vitest";
import { GATEWAY, type Options, type Server, startServer, type Variables } from "./server.ts";
import { Upstream } from "./upstream.ts";

export class Gateway {
  server!: Server;
  policy!: ReturnType<typeof policyFor>;
  readonly upstream = new Upstream();
  #numbers = 0;

  send(path: string, key: string | undefined, init: RequestInit & { as?: string } = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    headers.set("Authorization", init.as ?? "Basic YWRhOng=");
    if (key !== undefined) headers.set("Idempotency-Key", key);
    return fetch(new URL(path, this.server.address), {
      method: "POST",
      redirect: "manual",
      ...init,
      headers,
    });
  }

  /** A path of its own for each test, so that what came to it can be counted. */
  place(name: string): string {
    return `/orders/${++this.#numbers}/${name}`;
  }
}

/** A gateway of the file's own, which starts and ends with the file. */
export function gateway(vars: Variables = {}, options: Options = {}): Gateway {
  const gateway = new Gateway();
  beforeAll(async () => {
    const policy = policyFor(await gateway.upstream.start());
    gateway.server = await startServer(
      { FAULT_INJECTION: "on", ADDED: "by the policy", ...vars },
      { root: GATEWAY, policy, ...options },
    );
    gateway.policy = policy;
  });
  afterAll(async () => {
    await gateway.server?.stop();
    gateway.upstream.stop();
  });
  return gateway;
}

/** The policy that `npm run gateway -- <url>` writes. */
export function inFrontOf(url: string) {
  const route = { upstream: "api", caller: "header:Authorization", key: { required: false } };
  return {
    upstreams: { api: { url } },
    routes: ["/", "/{*rest}"].map((path) => ({ match: { path }, ...route })),
    default: { pass: "api" },
  };
}

function policyFor(url: string) {
  const route = (path: string, more: object = {}) => ({
    match: { path },
    upstream: "api",
    caller: "header:Authorization",
    ...more,
  });
  return {
    upstreams: {
      api: { url, timeout_s: 10, headers: { set: { "X-Added": "secret:ADDED" }, remove: ["X-Private"] } },
      unset: { url, headers: { set: { "X-Api-Key": "secret:UNSET" } } },
      brief: { url, timeout_s: 3, headers: { set: { "X-Added": "secret:ADDED" } } },
    },
    routes: [
      route("/brief/hold/{*rest}", { upstream: "brief" }),
      route("/brief/resend/{*rest}", { upstream: "brief", ambiguous: "resend" }),
      route("/brief/probe/{*rest}", {
        upstream: "brief",
        ambiguous: { probe: { path: "/found/{key}?id={operation_id}", present_as: 201 } },
      }),
      route("/unset/{*rest}", { upstream: "unset", key: { required: false } }),
      route("/resend/{*rest}", { ambiguous: "resend" }),
      route("/as-sent/{*rest}", { forward_key: { as: "as-sent", field: "X-Request-Id" } }),
      route("/shop/{*rest}", { rewrite: { strip: "/shop", prefix: "/v2" } }),
      route("/event", { key: { from: ["json:/id"] }, caller: "route", fingerprint: "none" }),
      route("/ours/{*rest}", { caller: "authenticated", key: { required: false } }),
      route("/wait/{*rest}", { in_progress: { wait_s: 5 } }),
      route("/{*rest}", { key: { required: false } }),
    ],
    default: { pass: "api" },
  };
}
