// edge-idempotency check [<file>]: whether a policy can be served, and what it comes to.

import { parsed } from "./arguments.mjs";
import { checked, POLICY, textOf } from "./policy.mjs";
import { table } from "./table.mjs";

export async function showPolicy(args) {
  const { file = POLICY } = parsed(args, "edge-idempotency check [<file>]", ["file"]);
  const outline = await checked(file, textOf(file));
  console.log(`${file}: OK\n\n${table(outline)}`);
}
