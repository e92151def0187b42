// The Worker of a checkout, with the variables that the cases want.

import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Case } from "./cases.ts";
import { AUDIENCE, ISSUER, JWKS_PATH, tokensOfCallers } from "./callers.ts";
import type { Bundle } from "./contender.ts";

/** The name that a case gives a Worker. */
export type WorkerName = "ours" | NonNullable<Case["worker"]>;

/** Those of the bundles in `root`. The gateway's stand in front of the API at `api`, which is the issuer of tokens too. */
export async function workersOf(root: string, api: string): Promise<Record<WorkerName, Bundle>> {
  const migrations = join(root, "migrations");
  const names = (await readdir(migrations)).sort();
  const worker = (variables: Record<string, string>): Bundle => ({
    folder: join(root, "dist"),
    main: join(root, "dist/entry.js"),
    objects: { COORDINATOR: "Coordinator", TELEMETRY: "Telemetry" },
    schema: names.map((name) => join(migrations, name)),
    variables: { AUTH: "off", FAULT_INJECTION: "on", ...variables },
  });
  const gateway = (variables: Record<string, string>): Bundle => ({
    ...worker(variables),
    folder: join(root, "crates/gateway/dist"),
    main: join(root, "crates/gateway/dist/entry.js"),
    schema: [],
    policy: policyFor(api),
  });
  return {
    ours: worker({}),
    forgetful: worker({ REPLAY_MEMORY_BYTES: "0" }),
    uncopied: worker({ REPLAY_COPIES: "off" }),
    retried: worker({ REPLAY_COPIES: "retried" }),
    tokens: worker({ AUTH: "on", API_TOKENS: tokensOfCallers() }),
    issuer: worker({
      ...{ AUTH: "on", JWT_ISSUER: ISSUER, JWT_AUDIENCE: AUDIENCE, JWT_JWKS_URL: `${api}${JWKS_PATH}` },
    }),
    limited: { ...worker({}), rateLimit: 1_000_000 },
    gateway: gateway({}),
    "forgetful gateway": gateway({ REPLAY_MEMORY_BYTES: "0" }),
  };
}

/** The J for each of our Workers. */
export function plainFor(name: WorkerName, root: string, api: string, schema: string[]): Bundle {
  const folder = join(root, "bench/floors/plain");
  return {
    folder,
    main: join(folder, "index.js"),
    objects: { COORDINATOR: "Coordinator" },
    schema,
    variables: {
      API: `${api}/orders`,
      ...(name.startsWith("forgetful") ? { FORGETFUL: "1" } : {}),
      ...(name === "uncopied" ? { UNCOPIED: "1" } : {}),
    },
  };
}

function policyFor(url: string) {
  const route = { upstream: "api", caller: "header:Authorization", key: { required: false } };
  return {
    upstreams: { api: { url } },
    routes: [{ ...route, match: { path: "/{*rest}" } }],
    default: { pass: "api" },
  };
}
