// One of the Workers that are compared, in a runtime of its own. Requests reach it on a socket of its own: neither
// wrangler's proxy nor Miniflare's stands between.

import type { ChildProcess } from "node:child_process";
import { subscribe } from "node:diagnostics_channel";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { Log, LogLevel, Miniflare, type MiniflareOptions } from "miniflare";
import {
  type Copies,
  compatibilityDate,
  type Database,
  execute,
  limiter,
  modules,
} from "../tests/harness/server.ts";
import { Processor } from "./processor.ts";

export const ROOT = join(import.meta.dirname, "..");

/** Every program this process has started: Miniflare does not tell which of them is the runtime. */
const children: ChildProcess[] = [];
subscribe("child_process", (message) => {
  children.push((message as { process: ChildProcess }).process);
});

export interface Contender {
  port: number;
  processor: Processor;
  /** From the start of the runtime to the Worker's first answer, in milliseconds. */
  startUpMs: number;
  /** Where the runtime's inspector listens, if the Worker is `inspected`. */
  inspector?: URL;
  /** What it writes. */
  db: Database;
  kv(): Promise<Copies>;
  stop(): Promise<void>;
}

export interface Bundle {
  /** The folder with the modules. */
  folder: string;
  /** The main module, which imports the others as its neighbours. */
  main: string;
  /** Durable Object classes, by binding. */
  objects: Record<string, string>;
  /** Files of SQL that make the tables. */
  schema: string[];
  variables: Record<string, string>;
  /** In the place of the policy in the bundle. */
  policy?: object;
  /** How many requests a caller may send in ten seconds; without it, as many as it likes. */
  rateLimit?: number;
}

export async function start(bundle: Bundle, { inspected = false } = {}): Promise<Contender> {
  const state = await mkdtemp(join(tmpdir(), "edge-idempotency-bench-"));
  const name = "contender";
  const objects = Object.entries(bundle.objects);
  const settings: MiniflareOptions = {
    resourcePersistencePath: state,
    cf: false,
    telemetry: { enabled: false },
    log: new Log(LogLevel.NONE),
    // What is logged is written by the runtime, as it is under `wrangler dev`, and not looked at.
    handleStructuredLogs: () => {},
    ...(inspected ? { inspectorPort: 0 } : {}),
    workers: [
      {
        dev: { unsafeDirectSockets: [{ host: "127.0.0.1", port: 0 }] },
        config: {
          name,
          compatibilityDate: await compatibilityDate(ROOT),
          manifest: {
            mainModule: basename(bundle.main),
            modulesRoot: bundle.folder,
            modules: {
              ...(await modules(bundle.folder, bundle.policy)),
              [basename(bundle.main)]: { type: "esm", contents: await readFile(bundle.main, "utf8") },
            },
          },
          // Miniflare's limiter of requests is a Durable Object that stores each request, which the platform's is not.
          env: {
            ...Object.fromEntries(
              objects.map(([binding, exportName]) => [
                binding,
                { type: "durable-object" as const, worker: name, exportName },
              ]),
            ),
            REPLAYS: { type: "kv", id: "REPLAYS" },
            DB: { type: "d1", id: "DB" },
            ...limiter(bundle.rateLimit),
            ...Object.fromEntries(
              Object.entries(bundle.variables).map(([name, value]) => [
                name,
                { type: "text" as const, value },
              ]),
            ),
          },
          exports: Object.fromEntries(
            objects.map(([, exportName]) => [
              exportName,
              { type: "durable-object" as const, storage: "sqlite" as const },
            ]),
          ),
        },
      },
    ],
  };
  const startedAt = performance.now();
  const miniflare = new Miniflare(settings);
  await miniflare.ready;
  const address = await miniflare.unsafeGetDirectURL(name);
  await (await fetch(address)).arrayBuffer();
  const startUpMs = performance.now() - startedAt;
  const runtime = children.findLast((child) => child.spawnfile.endsWith("workerd"));
  if (runtime?.pid === undefined) throw new Error("the runtime did not start");
  const db = await miniflare.getD1Database("DB");
  for (const file of bundle.schema) await execute(db, file);
  return {
    port: Number(address.port),
    startUpMs,
    db,
    kv: () => miniflare.getKVNamespace("REPLAYS"),
    ...(inspected ? { inspector: await miniflare.getInspectorURL() } : {}),
    processor: new Processor(runtime.pid),
    stop: async () => {
      await miniflare.dispose();
      await rm(state, { recursive: true, force: true });
    },
  };
}
