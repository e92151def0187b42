// Tokens, as `npm run token` makes them.

import { execFileSync } from "node:child_process";
import { join } from "node:path";

export function makeToken(client: string, role = "client") {
  const script = join(import.meta.dirname, "../../packages/worker/bin.mjs");
  const printed = execFileSync(process.execPath, [script, "token", client, "--role", role], {
    encoding: "utf8",
  });
  const token = /^ {2}(ei_\S+)$/m.exec(printed)![1]!;
  const stored = JSON.parse(/^ {2}(\{.*\})$/m.exec(printed)![1]!) as Record<
    "client" | "role" | "sha256",
    string
  >;
  return { token, stored };
}
