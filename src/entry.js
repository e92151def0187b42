// What the platform loads: the Rust code in build/, and around it what Rust cannot do for itself, or not as fast.
//
// A panic ends the wasm instance, and with it every future in it: the requests that wait for them, of this
// key and of others, would wait for ever. So each of them is answered here, the moment it happens. The next
// request starts a new instance.

import { DurableObject } from "cloudflare:workers";
import * as Rust from "../build/index.js";

/** How to end each of the calls into Rust that are under way. */
const interrupts = new Set();

/** Which instance there is: the number goes up with each new one. */
const instances = Rust.__worker_init_state();

/** Whether the instance has ended in a panic. */
let ended = false;

/** What a call into Rust gives: at once, or when its promise is kept. */
function answer(call) {
  try {
    const given = call();
    return given instanceof Promise ? unlessInterrupted(given) : given;
  } catch (error) {
    // For everybody who listens to errors, as if nobody had caught it: the code around the instance does, and the
    // function above.
    reportError(error);
    throw error;
  }
}

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
    ended = true;
    interrupts.forEach((interrupt) => interrupt(new Error("The instance ended in a panic.")));
    interrupts.clear();
  }
}

addEventListener("error", ({ error }) => interruptIfPanic(error));

export default {
  async fetch(request, env, context) {
    const arrivedAt = Date.now();
    try {
      const content = await shortContent(request);
      if (ended) startAgain();
      return await answer(() => Rust.serve(request, content, arrivedAt, env, context));
    } catch (error) {
      console.error(error);
      startAgain();
      return Rust.interrupted(request, arrivedAt, String(error), env);
    }
  },
};

/** Starts a new instance, if the last one has ended. */
function startAgain() {
  if (ended) Rust.__wbg_reset_state();
  ended = false;
}

/** In bytes. What is longer, or has no length, Rust reads piece by piece, and no more of it than it may be long. */
const SHORT_BYTES = 65_536;

/** In milliseconds, as in content.rs. */
const DEADLINE_MS = 10_000;

/** The content, if it is announced to be short and arrives in time. */
async function shortContent(request) {
  if (request.method !== "POST") return undefined;
  const bytes = Number(request.headers.get("Content-Length") ?? Infinity);
  if (!(bytes <= SHORT_BYTES)) return undefined;
  let timer;
  const late = new Promise((resolve) => (timer = setTimeout(resolve, DEADLINE_MS)));
  try {
    const content = await Promise.race([request.arrayBuffer(), late]);
    return content && new Uint8Array(content);
  } catch {
    // The client hung up. Nothing is handed on, which is refused as JSON that ends too early.
    return new Uint8Array();
  } finally {
    clearTimeout(timer);
  }
}

/** An object whose work is done by one in Rust, which ends with its instance. */
class RustObject extends DurableObject {
  /** What does the work: in a new instance, one made anew. */
  get rust() {
    if (ended) startAgain();
    if (this.#instance !== instances.instanceId) {
      this.#rust = new this.constructor.Rust(this.ctx, this.env);
      this.#instance = instances.instanceId;
    }
    return this.#rust;
  }
  #rust;
  #instance;
}

export class Coordinator extends RustObject {
  static Rust = Rust.Coordinator;

  async fetch(request) {
    const message = new Uint8Array(await request.arrayBuffer());
    return new Response(await answer(() => this.rust.answer(message)));
  }

  alarm() {
    return answer(() => this.rust.alarm());
  }
}

export class Telemetry extends RustObject {
  static Rust = Rust.Telemetry;

  fetch(request) {
    return answer(() => this.rust.fetch(request));
  }

  alarm() {
    return answer(() => this.rust.alarm());
  }

  // Dashboards only listen. With this compatibility date the platform answers a closing connection by itself.
  webSocketMessage() {}
}
