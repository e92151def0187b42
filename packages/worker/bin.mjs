#!/usr/bin/env node
// Idempotency keys in front of an API, or what a Worker with operations of its own needs, run in its folder:
//
// edge-idempotency build                                    its build command
// edge-idempotency gateway <url>                            serves in front of the API at <url>
// edge-idempotency token <client-id> [--role operator]      makes an API token

import { stop } from "./build/shell.mjs";
import { createTables } from "./build/tables.mjs";
import { installRustTools } from "./build/tools.mjs";
import { buildWorker } from "./build/worker.mjs";
import { serveGateway } from "./gateway.mjs";
import { makeToken } from "./token.mjs";

const [command, ...args] = process.argv.slice(2);
if (command === "build") build();
else if (command === "gateway") serveGateway(args);
else if (command === "token") makeToken(args);
else
  stop("Use: edge-idempotency gateway <url>, edge-idempotency build, or edge-idempotency token <client-id>");

function build() {
  installRustTools();
  buildWorker();
  createTables();
}
