// Makes an API token. The service stores no more than its SHA-256 digest, so the token is shown once, here.

import { createHash, randomBytes } from "node:crypto";
import { parseArgs } from "node:util";
import { stop } from "../build/shell.mjs";

/** Prints a new token of the client that `args` name, and what the service is to know of it. */
export function makeToken(args) {
  const { client, role } = read(args);
  const token = `ei_${randomBytes(32).toString("base64url")}`;
  const sha256 = createHash("sha256").update(token).digest("hex");

  console.log(`The token of ${client}, with the role ${role}. It is shown this once; give it to the client:

  ${token}

What the service is to know of it:

  ${JSON.stringify({ client, role, sha256 })}

Put that object into the JSON array in the secret API_TOKENS, beside the others if there are any, and store it:

  npx wrangler secret put API_TOKENS`);
}

function read(args) {
  const usage = "edge-idempotency token <client-id> [--role client|operator]";
  let parsed;
  try {
    parsed = parseArgs({
      args,
      allowPositionals: true,
      options: { role: { type: "string", default: "client" } },
    });
  } catch (error) {
    stop(`${error.message}\nUsage: ${usage}`);
  }
  const [client, ...more] = parsed.positionals;
  if (more.length > 0 || !/^[A-Za-z0-9._:-]{1,64}$/.test(client ?? "")) {
    stop(`A client id is 1 to 64 of the characters A-Z a-z 0-9 . _ : -\nUsage: ${usage}`);
  }
  if (!["client", "operator"].includes(parsed.values.role)) {
    stop(`There are the roles client and operator.\nUsage: ${usage}`);
  }
  return { client, role: parsed.values.role };
}
