// What the platform loads: the Rust code in build/, and around it what Rust cannot do for itself.
//
// A panic ends the wasm instance, and with it every future in it: the requests that wait for them, of this
// key and of others, would wait for ever. So each of them is answered here, the moment it happens. The next
// request starts a new instance.

import { DurableObject, WorkerEntrypoint } from "cloudflare:workers";
import Rust, { Coordinator as RustCoordinator, Telemetry as RustTelemetry } from "../build/index.js";

/** How to end each of the calls into Rust that are under way. */
const interrupts = new Set();

/** The answer of a call into Rust, or its failure, also if that is a panic in another call. */
function unlessInterrupted(call) {
  return new Promise((resolve, reject) => {
    interrupts.add(reject);
    call
      .then(resolve, (error) => {
        reject(error);
        interruptIfPanic(error);
      })
      .finally(() => interrupts.delete(reject));
  });
}

function interruptIfPanic(error) {
  if (error instanceof WebAssembly.RuntimeError) {
    interrupts.forEach((interrupt) => interrupt(new Error("The instance ended in a panic.")));
    interrupts.clear();
  }
}

addEventListener("error", ({ error }) => interruptIfPanic(error));

export default class extends WorkerEntrypoint {
  async fetch(request) {
    const rust = new Rust(this.ctx, this.env);
    try {
      return await unlessInterrupted(rust.fetch(request));
    } catch (error) {
      console.error(error);
      return rust.interrupted(request, this.env);
    }
  }
}

/** A Durable Object written in Rust. */
class RustObject extends DurableObject {
  constructor(Class, state, env) {
    super(state, env);
    this.rust = new Class(state, env);
  }

  fetch(request) {
    return unlessInterrupted(this.rust.fetch(request));
  }

  alarm() {
    return unlessInterrupted(this.rust.alarm());
  }
}

export class Coordinator extends RustObject {
  constructor(state, env) {
    super(RustCoordinator, state, env);
  }
}

export class Telemetry extends RustObject {
  constructor(state, env) {
    super(RustTelemetry, state, env);
  }

  // Dashboards only listen. With this compatibility date the platform answers a closing connection by itself.
  webSocketMessage() {}
}
