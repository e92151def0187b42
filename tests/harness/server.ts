// Runs the bundle that `wrangler deploy` would upload in Cloudflare's runtime, with real objects, KV and D1.

import type { ChildProcess } from "node:child_process";
import { subscribe } from "node:diagnostics_channel";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { Log, LogLevel, Miniflare, type MiniflareOptions } from "miniflare";
import { d1 } from "./stores/d1.ts";
import { ADDRESS, DATABASES, kindOf, STORE } from "./stores/index.ts";
import type { OtherWorker, OwnStore, Store } from "./stores/store.ts";

const ROOT = join(import.meta.dirname, "../..");
const AROUND = join(import.meta.dirname, "around");
const WORKER = "edge-idempotency";

/** The Worker whose operations write to many D1 databases. */
const SHARDED = join(ROOT, "stores/databases");

/** The Worker of the operations that tests need and nobody else does. */
export const OPERATIONS = join(ROOT, "tests/operations");

/** The Worker that has no operations of its own and stands in front of other APIs. */
export const GATEWAY = join(ROOT, "crates/gateway");

/** The static files of our own Worker. */
export const PUBLIC = join(ROOT, "public");

/** Every program this process has started: Miniflare does not tell which of them is the runtime. */
const children: ChildProcess[] = [];
subscribe("child_process", (message) => {
  children.push((message as { process: ChildProcess }).process);
});

export type Database = Awaited<ReturnType<Miniflare["getD1Database"]>>;
export type Copies = Awaited<ReturnType<Miniflare["getKVNamespace"]>>;

export interface Server {
  /** Where it listens; the same after `kill`, another after `restart`. */
  address: URL;
  db(name?: string): Promise<Database>;
  /** Where operations write, which is that database unless the run is about another store. */
  store: Store;
  kv(): Promise<Copies>;
  /** The folder with the objects' SQLite files. */
  objects: string;
  /** What the Worker has logged so far, oldest first; lines that are not JSON are in `noise`. */
  logs: Record<string, unknown>[];
  noise: string[];
  /** Ends the runtime with SIGKILL; resolves when a new one serves the same data at the same address. */
  kill(): Promise<void>;
  /**
   * Stops the runtime, does what is to be done while nobody has the files open, and starts it again, with another policy
   * or other values of variables, if there are any.
   */
  restart(meanwhile?: () => void | Promise<void>, policy?: object, vars?: Variables): Promise<void>;
  stop(): Promise<void>;
}

type Config = MiniflareOptions["workers"][number]["config"];

/** A variable is text, or whatever JSON a configuration may have. */
export type Variables = Record<string, string | number | boolean | null | string[]>;

export interface Options {
  /** The folder of the Worker whose dist/ runs. */
  root?: string;
  /** The folder of its static files, if that is not the Worker's own public/. */
  assets?: string;
  /** How many requests a caller may send in ten seconds; without it, as many as it likes. */
  rateLimit?: number;
  /**
   * A module to load in the place of the bundle's entry, which it imports as `./entry.js`: the name of one in around/, or
   * the path of another, which may import those.
   */
  around?: string;
  /** In the place of the policy in the bundle. */
  policy?: object;
  /** Other Workers, by the names of their service bindings: the text of each one's module. */
  services?: Record<string, string>;
  /** More D1 databases with the tables of `DB`, by the names of their bindings. */
  databases?: string[];
  /** In the place of the one that the run is about. */
  store?: OwnStore;
  /** Listens on a socket of the Worker's own: only there does the platform cancel a request that is reset. */
  direct?: boolean;
}

/** Starts the bundle, open to everybody, with the variables `vars`. */
export async function startServer(vars: Variables = {}, options: Options = {}): Promise<Server> {
  const {
    assets = join(options.root ?? ROOT, "public"),
    rateLimit,
    around,
    policy,
    direct = false,
  } = options;
  const other = options.root === undefined ? (options.store ?? (await otherStore())) : undefined;
  const shards = options.root === undefined ? DATABASES : [];
  const ofD1 = shards.length > 0 ? SHARDED : ROOT;
  const root = other === undefined ? (options.root ?? ofD1) : kindOf(other.name).root;
  const databases = [...new Set(["DB", ...shards, ...(options.databases ?? [])])];
  const services = Object.entries(options.services ?? {});
  const beside = Object.entries(other?.workers ?? {}).map(([name, worker]) => bundled(name, worker));
  const state = await mkdtemp(join(tmpdir(), "edge-idempotency-"));
  const hasAssets = existsSync(assets);
  const logs: Server["logs"] = [];
  const noise: string[] = [];
  let restarted = () => {};
  const settings: MiniflareOptions = {
    resourcePersistencePath: state,
    cf: false,
    telemetry: { enabled: false },
    log: new Log(LogLevel.NONE),
    handleStructuredLogs: ({ message }: { message: string }) => {
      if (message.startsWith("{")) logs.push(JSON.parse(message));
      else noise.push(message);
    },
    unsafeHandleRuntimeRestart: () => restarted(),
    workers: [
      {
        ...(direct && { dev: { unsafeDirectSockets: [{ host: "127.0.0.1", port: 0 }] } }),
        config: {
          name: WORKER,
          compatibilityDate: await compatibilityDate(root),
          ...(other && { compatibilityFlags: other.compatibilityFlags }),
          manifest: await manifest(root, around, policy),
          env: {
            COORDINATOR: { type: "durable-object", worker: WORKER, exportName: "Coordinator" },
            TELEMETRY: { type: "durable-object", worker: WORKER, exportName: "Telemetry" },
            REPLAYS: { type: "kv", id: "REPLAYS" },
            ...Object.fromEntries(databases.map((id) => [id, { type: "d1" as const, id }])),
            ...limiter(rateLimit),
            ...(hasAssets && { ASSETS: { type: "assets" } }),
            ...bindings({
              AUTH: "off",
              ...(other && { OPERATION_STORE: other.name }),
              ...(shards.length > 0 && { OPERATION_DATABASES: shards.join(",") }),
              ...vars,
            }),
            ...other?.env,
            ...Object.fromEntries(
              services.map(([name]) => [name, { type: "worker" as const, worker: name }]),
            ),
          },
          exports: {
            Coordinator: { type: "durable-object", storage: "sqlite" },
            Telemetry: { type: "durable-object", storage: "sqlite" },
          },
          ...(hasAssets && {
            assets: {
              directory: assets,
              hasUserWorker: true,
              runWorkerFirst: true,
              htmlHandling: "none",
            },
          }),
        },
      },
      ...services.map(([name, contents]) => another(name, contents)),
      ...(await Promise.all(beside)),
    ],
  };
  let miniflare = new Miniflare(settings);
  const addressOf = async () => {
    const address = await miniflare.ready;
    return direct ? miniflare.unsafeGetDirectURL(WORKER) : address;
  };
  const server: Server = {
    address: await addressOf(),
    db: (name = "DB") => miniflare.getD1Database(name),
    store: other ?? d1(() => Promise.all(databases.map((name) => server.db(name)))),
    kv: () => miniflare.getKVNamespace("REPLAYS"),
    objects: join(state, "do", `${WORKER}-Coordinator`),
    logs,
    noise,
    kill: async () => {
      const back = new Promise<void>((resolve) => (restarted = resolve));
      runtime().kill("SIGKILL");
      await back;
    },
    restart: async (meanwhile = () => {}, other = policy, changed = {}) => {
      await miniflare.dispose();
      await meanwhile();
      const [{ config }] = settings.workers as [{ config: Config }];
      config.manifest = await manifest(root, around, other);
      config.env = { ...config.env, ...bindings(changed) };
      miniflare = new Miniflare(settings);
      server.address = await addressOf();
    },
    stop: async () => {
      await miniflare.dispose();
      await other?.stop();
      await rm(state, { recursive: true, force: true });
    },
  };
  const tables = databases.length === 1 ? root : ROOT;
  if (other === undefined) for (const name of databases) await migrate(await server.db(name), tables);
  return server;
}

/** The store that the run is about, if that is not D1. */
async function otherStore(): Promise<Store | undefined> {
  return STORE === undefined ? undefined : kindOf(STORE).open(process.env[ADDRESS]!);
}

function another(name: string, contents: string) {
  const modules = { "index.js": { type: "esm" as const, contents } };
  return {
    config: { name, compatibilityDate: "2026-10-01", manifest: { mainModule: "index.js", modules } },
  };
}

/** A Worker of a folder in which there is its dist/. */
export async function bundled(name: string, { root, compatibilityFlags, env }: OtherWorker) {
  const date = await compatibilityDate(root);
  return {
    config: { name, compatibilityDate: date, compatibilityFlags, manifest: await manifest(root), env },
  };
}

/** The binding of a limiter, if there is to be one. */
export function limiter(limit?: number) {
  const RATE_LIMITER = { type: "rate-limit" as const, namespace: "1001" };
  return limit === undefined
    ? {}
    : { RATE_LIMITER: { ...RATE_LIMITER, simple: { limit, period: 10 as const } } };
}

function bindings(vars: Variables) {
  const binding = (value: Variables[string]) =>
    typeof value === "string" ? { type: "text" as const, value } : { type: "json" as const, value };
  return Object.fromEntries(Object.entries(vars).map(([name, value]) => [name, binding(value)]));
}

/** The process of the server that was started last. */
export function runtimePid(): number {
  return runtime().pid!;
}

function runtime(): ChildProcess {
  const running = children.findLast(
    ({ spawnfile, exitCode, signalCode }) =>
      spawnfile.endsWith("workerd") && exitCode === null && signalCode === null,
  );
  if (!running) throw new Error("no runtime is running");
  return running;
}

export async function compatibilityDate(root: string) {
  const config = await readFile(join(root, "wrangler.toml"), "utf8");
  return /^compatibility_date = "(.+)"$/m.exec(config)![1]!;
}

type Module =
  { type: "esm" | "text"; contents: string } | { type: "wasm"; contents: Uint8Array<ArrayBuffer> };

async function manifest(root: string, around?: string, policy?: object) {
  const bundle = await modules(join(root, "dist"), policy);
  if (around === undefined) return { mainModule: "entry.js", modulesRoot: root, modules: bundle };
  const mainModule = basename(around);
  const main = { type: "esm" as const, contents: await readFile(resolve(AROUND, around), "utf8") };
  return {
    mainModule,
    modulesRoot: root,
    modules: { ...bundle, ...(await modules(AROUND)), [mainModule]: main },
  };
}

/** The files that `wrangler deploy --dry-run --outdir dist` leaves there; `policy`, in the place of theirs. */
export async function modules(folder: string, policy?: object) {
  const found: Record<string, Module> = {};
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    if (name.endsWith(".js")) found[name] = { type: "esm", contents: await readFile(path, "utf8") };
    if (name.endsWith(".jsonc")) {
      const contents = policy === undefined ? await readFile(path, "utf8") : JSON.stringify(policy);
      found[name] = { type: "text", contents };
    }
    if (name.endsWith(".wasm"))
      found[name] = { type: "wasm", contents: new Uint8Array(await readFile(path)) };
  }
  return found;
}

async function migrate(db: Database, root: string) {
  const names = await readdir(join(root, "migrations")).catch(() => []);
  for (const name of names.sort()) await execute(db, join(root, "migrations", name));
}

/** Executes the statements in `file`. */
export async function execute(db: Database, file: string) {
  const sql = await readFile(file, "utf8");
  const statements = sql.replace(/--.*$/gm, "").split(";");
  await db.batch(statements.filter((sql) => sql.trim() !== "").map((sql) => db.prepare(sql)));
}
