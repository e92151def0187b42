// The gateway's Worker as it is built, for those who have no Rust.

import { gateway as around } from "./index.js";
import * as rust from "./wasm/index.js";

/** The Worker that stands in front of other APIs by the policy in `jsonc`: its handler, and the classes of its objects. */
export function gateway(jsonc) {
  return around(rust, jsonc);
}
