// The Worker of a checkout, with the variables that the cases want.

import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Case } from "./cases.ts";
import type { Bundle } from "./contender.ts";

/** Those of the bundle in `root`, by the name that a case gives. */
export async function workersOf(root: string): Promise<Record<"ours" | NonNullable<Case["worker"]>, Bundle>> {
  const migrations = join(root, "migrations");
  const names = (await readdir(migrations)).sort();
  const worker = (variables: Record<string, string>): Bundle => ({
    folder: join(root, "dist"),
    main: join(root, "dist/entry.js"),
    objects: { COORDINATOR: "Coordinator", TELEMETRY: "Telemetry" },
    schema: names.map((name) => join(migrations, name)),
    variables: { AUTH: "off", FAULT_INJECTION: "on", ...variables },
  });
  return {
    ours: worker({}),
    forgetful: worker({ REPLAY_MEMORY_BYTES: "0" }),
    quiet: worker({ LOG_LEVEL: "warning" }),
  };
}
