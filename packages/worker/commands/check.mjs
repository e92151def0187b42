// edge-idempotency check [<file>]: whether a policy can be served, and what it comes to.

import { stop } from "../build/shell.mjs";
import { parsed } from "./arguments.mjs";
import { check, POLICY, textOf } from "./policy.mjs";
import { table } from "./table.mjs";

export async function showPolicy(args) {
  const { file = POLICY } = parsed(args, "edge-idempotency check [<file>]", ["file"]);
  const { outline, wrong } = await check(textOf(file));
  if (wrong !== undefined) stop(`${file}: ${wrong}`);
  console.log(`${file}: OK\n\n${table(outline)}`);
}
