// What the platform loads: the Rust code in build/, and around it what Rust cannot do for itself, or not as fast.

import { endBy, hasEnded, unlessInterrupted } from "./ending.js";
import { DurableObject } from "cloudflare:workers";
import Rust, { Coordinator as RustCoordinator, Telemetry as RustTelemetry } from "../build/index.js";

/** What a call into Rust gives: at once, or when its promise is kept. */
function answer(call) {
  try {
    const given = call();
    return given instanceof Promise ? unlessInterrupted(given) : given;
  } catch (error) {
    endBy(error);
    throw error;
  }
}

export default {
  async fetch(request, env, context) {
    const arrivedAt = Date.now();
    try {
      const content = await shortContent(request);
      if (hasEnded()) startAgain(env, context);
      const given = answer(() => Rust.prototype.serve(request, content, arrivedAt, env, context));
      if (given instanceof Promise) outlastClient(given, context);
      return await given;
    } catch (error) {
      return startAgain(env, context).interrupted(request, arrivedAt, String(error), env);
    }
  },
};

/**
 * Lets a call go on for as long as the platform lets it, half a minute, when the client hangs up. Otherwise its promises
 * would never be kept: what waits for them would stay in memory, and the answer would not be copied.
 */
function outlastClient(call, context) {
  context.waitUntil(call.catch(() => {}));
}

/** The functions of Rust, in a new instance if the last one has ended. */
function startAgain(env, context) {
  return new Rust(context, env);
}

/** In bytes. What is longer, or has no length, Rust reads piece by piece, and no more of it than it may be long. */
const SHORT_BYTES = 10_000;

/** In milliseconds: as long as so much may take at the least rate. See content.rs. */
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

/** An object whose work is done by one of `Class` in Rust. */
const objectOf = (Class) =>
  class extends DurableObject {
    constructor(state, env) {
      super(state, env);
      this.rust = new Class(state, env);
    }

    /** Calls a method, past the proxy of worker-build around it, which would report what the call fails with again. */
    call(name, ...given) {
      if (hasEnded()) this.rust = new Class(this.ctx, this.env);
      return answer(() => Class.prototype[name].apply(this.rust, given));
    }

    alarm() {
      return this.call("alarm");
    }
  };

export class Coordinator extends objectOf(RustCoordinator) {
  async fetch(request) {
    const message = new Uint8Array(await request.arrayBuffer());
    return new Response(await this.call("answer", message));
  }
}

export class Telemetry extends objectOf(RustTelemetry) {
  fetch(request) {
    return this.call("fetch", request);
  }

  // Dashboards only listen. With this compatibility date the platform answers a closing connection by itself.
  webSocketMessage() {}
}
