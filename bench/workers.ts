// The Worker of a checkout, with the variables that the cases want.

import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Case } from "./cases.ts";
import type { Bundle } from "./contender.ts";

/** Those of the bundles in `root`, by the name that a case gives. The gateway's stand in front of the API at `api`. */
export async function workersOf(
  root: string,
  api: string,
): Promise<Record<"ours" | NonNullable<Case["worker"]>, Bundle>> {
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
    quiet: worker({ LOG_LEVEL: "warning" }),
    gateway: gateway({}),
    "forgetful gateway": gateway({ REPLAY_MEMORY_BYTES: "0" }),
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
