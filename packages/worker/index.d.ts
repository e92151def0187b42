import type { DurableObject } from "cloudflare:workers";

/** What wasm-bindgen has made of the Worker's crate. */
type Rust = Record<string, unknown>;

type ObjectClass = new (state: DurableObjectState, env: unknown) => DurableObject;

export interface Worker {
  handler: ExportedHandler;
  Coordinator: ObjectClass;
  Telemetry: ObjectClass;
}

/** A table that an operation declares: its name, and its columns beside `operation_id` and `caller`. */
export interface Table {
  name: string;
  columns: {
    name: string;
    kind: "id" | "text" | "filter" | "json" | "decimal" | "moment" | "integer" | "order";
  }[];
}

type Value = string | number | null;
type Row = Record<string, Value>;

/** Where operations write: crates/edge/src/store/ask.rs says what is asked, and what is to be answered. */
export interface Store {
  /** The variable that is not as the store needs it, if there is one, and what it must be: the Worker refuses to serve. */
  wrong?(env: unknown): [name: string, rule: string] | null;
  insertOnce(env: unknown, table: Table, values: Value[]): Promise<Row | null>;
  find(env: unknown, table: Table, values: Value[]): Promise<Row | null>;
  list(env: unknown, table: Table, values: Value[]): Promise<[rows: Row[], next: string | null]>;
}

/**
 * The Worker of a crate that has a function `service`: its handler, and the classes of its Durable Objects. `stores` are
 * those that `OPERATION_STORE` may name beside `d1`.
 */
export function worker(rust: Rust, stores?: Record<string, Store>): Worker;

/** The same of a crate whose service stands in front of other APIs, by the policy in `jsonc`. */
export function gateway(rust: Rust, jsonc: string, stores?: Record<string, Store>): Worker;
