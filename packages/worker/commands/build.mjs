// edge-idempotency build: the build command of a Worker with operations of its own.

import { createTables } from "../build/tables.mjs";
import { installRustTools } from "../build/tools.mjs";
import { buildWorker } from "../build/worker.mjs";

export function buildOwnWorker() {
  installRustTools();
  buildWorker();
  createTables();
}
