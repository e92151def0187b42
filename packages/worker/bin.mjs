#!/usr/bin/env node
// Idempotency keys in front of an API, or what a Worker with operations of its own needs, run in its folder.

import { buildOwnWorker } from "./commands/build.mjs";
import { showPolicy } from "./commands/check.mjs";
import { serveGateway } from "./commands/gateway.mjs";
import { writeDeployment } from "./commands/init.mjs";
import { makeToken } from "./commands/token.mjs";
import { requireNode } from "./commands/node.mjs";

const COMMANDS = {
  gateway: serveGateway,
  check: showPolicy,
  init: writeDeployment,
  token: makeToken,
  build: buildOwnWorker,
};

const USAGE = `Idempotency keys in front of an HTTP API that knows nothing of them.

  edge-idempotency gateway <url>         serves http://localhost:8000 in front of the API at <url>
  edge-idempotency gateway               the same by the policy in ./gateway.jsonc
      --policy <file>                    by the policy in this file; with <url>, that is its API's
      --port <port>                      on another port
  edge-idempotency check [<file>]        checks a policy, by default ./gateway.jsonc, and shows its routes
  edge-idempotency init [<url>]          writes gateway.jsonc, worker.js and wrangler.toml, to deploy the gateway
  edge-idempotency token <client-id> [--role client|operator]
                                         makes an API token
  edge-idempotency build                 compiles a Worker with operations of your own, in Rust

To begin: npx edge-idempotency gateway http://localhost:3000`;

requireNode();
const [command, ...args] = process.argv.slice(2);
if (Object.hasOwn(COMMANDS, command ?? "")) {
  await COMMANDS[command](args);
} else if (["help", "--help", "-h"].includes(command)) {
  console.log(USAGE);
} else {
  console.error(command === undefined ? USAGE : `There is no command ${command}.\n\n${USAGE}`);
  process.exitCode = 1;
}
