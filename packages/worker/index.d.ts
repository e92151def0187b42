import type { DurableObject } from "cloudflare:workers";

/** What wasm-bindgen has made of the Worker's crate. */
type Rust = Record<string, unknown>;

type ObjectClass = new (state: DurableObjectState, env: unknown) => DurableObject;

export interface Worker {
  handler: ExportedHandler;
  Coordinator: ObjectClass;
  Telemetry: ObjectClass;
}

/** The Worker of a crate that has a function `service`: its handler, and the classes of its Durable Objects. */
export function worker(rust: Rust): Worker;

/** The same of a crate whose service stands in front of other APIs, by the policy in `jsonc`. */
export function gateway(rust: Rust, jsonc: string): Worker;
