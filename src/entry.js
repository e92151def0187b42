// What the platform loads: the Rust code in build/, and around it what Rust cannot do for itself, or not as fast.
//
// A panic ends the wasm instance, and with it every future in it: the requests that wait for them, of this
// key and of others, would wait for ever. So each of them is answered here, the moment it happens. The next
// request starts a new instance.

import { DurableObject } from "cloudflare:workers";
import Rust, { Coordinator as RustCoordinator, Telemetry as RustTelemetry } from "../build/index.js";

/** How to end each of the calls into Rust that are under way. */
const interrupts = new Set();

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
      if (ended) startAgain(env, context);
      return await answer(() => Rust.prototype.serve(request, content, arrivedAt, env, context));
    } catch (error) {
      console.error(error);
      return startAgain(env, context).interrupted(request, arrivedAt, String(error), env);
    }
  },
};

/** The functions of Rust, in a new instance if the last one has ended. */
function startAgain(env, context) {
  ended = false;
  return new Rust(context, env);
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

export class Coordinator extends DurableObject {
  constructor(state, env) {
    super(state, env);
    this.rust = new RustCoordinator(state, env);
  }

  async fetch(request) {
    const message = new Uint8Array(await request.arrayBuffer());
    return new Response(await answer(() => this.rust.answer(message)));
  }

  alarm() {
    return answer(() => this.rust.alarm());
  }
}

export class Telemetry extends DurableObject {
  constructor(state, env) {
    super(state, env);
    this.rust = new RustTelemetry(state, env);
  }

  fetch(request) {
    return unlessInterrupted(this.rust.fetch(request));
  }

  alarm() {
    return unlessInterrupted(this.rust.alarm());
  }

  // Dashboards only listen. With this compatibility date the platform answers a closing connection by itself.
  webSocketMessage() {}
}
