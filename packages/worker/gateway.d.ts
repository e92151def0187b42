import type { Worker } from "./index.js";

/** The Worker that stands in front of other APIs, by the policy in `jsonc`. */
export function gateway(jsonc: string): Worker;
