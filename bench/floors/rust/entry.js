// What the platform loads for the floors in Rust: their functions and their class, and nothing around them.

import { DurableObject } from "cloudflare:workers";
import { Coordinator as RustCoordinator, fetch } from "./index.js";

export default { fetch };

export class Coordinator extends DurableObject {
  constructor(state, env) {
    super(state, env);
    this.rust = new RustCoordinator(state, env);
  }

  fetch(request) {
    return this.rust.fetch(request);
  }

  alarm() {
    return this.rust.alarm();
  }
}
