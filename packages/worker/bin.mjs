#!/usr/bin/env node
// `edge-idempotency build`: the build command of a Worker that has operations of its own, run in its folder.

import { stop } from "./build/shell.mjs";
import { createTables } from "./build/tables.mjs";
import { installRustTools } from "./build/tools.mjs";
import { buildWorker } from "./build/worker.mjs";

const [command] = process.argv.slice(2);
if (command !== "build") stop("Use: edge-idempotency build");
installRustTools();
buildWorker();
createTables();
