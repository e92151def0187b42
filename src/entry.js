// What the platform loads: the Rust code in build/, and around it what Rust cannot do for itself, or not as fast.

import { DurableObject } from "cloudflare:workers";
import * as Rust from "../build/index.js";
import { beginAnew, endBy, hasEnded, INTERRUPTION, unlessInterrupted } from "./ending.js";

/** Which instance there is. */
let instance = 0;

Rust.watch();

/** Starts a new instance, if the last one has ended. */
function startAgain() {
  if (!hasEnded()) return;
  Rust.__wbg_reset_state();
  instance++;
  beginAnew();
  Rust.watch();
}

/** What a call into Rust gives: at once, or when its promise is kept. */
function answer(call) {
  try {
    startAgain();
    const given = call();
    return given instanceof Promise ? unlessInterrupted(given) : given;
  } catch (error) {
    endBy(error);
    throw INTERRUPTION;
  }
}

export default {
  async fetch(request, env, context) {
    const arrivedAt = Date.now();
    try {
      const content = await shortContent(request);
      const given = answer(() => Rust.serve(request, content, arrivedAt, env, context));
      if (given instanceof Promise) outlastClient(given, context);
      return await given;
    } catch (error) {
      startAgain();
      return Rust.interrupted(request, arrivedAt, String(error), env);
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

/** An object whose work is done by one of `Class` in Rust, which ends with its instance. */
const objectOf = (Class) =>
  class extends DurableObject {
    #rust;
    #instance;

    /** Calls a method, in a new instance of a new one that does the work. */
    call(name, ...given) {
      return answer(() => {
        if (this.#instance !== instance) this.#rust = new Class(this.ctx, this.env);
        this.#instance = instance;
        return this.#rust[name](...given);
      });
    }

    alarm() {
      return this.call("alarm");
    }
  };

/** The answer of an interrupted object. An exception would be reported by the platform, once for each of them. */
function interrupted(error) {
  if (error !== INTERRUPTION) throw error;
  return new Response(error.message, { status: 503 });
}

export class Coordinator extends objectOf(Rust.Coordinator) {
  async fetch(request) {
    const message = new Uint8Array(await request.arrayBuffer());
    try {
      return new Response(await this.call("answer", message));
    } catch (error) {
      return interrupted(error);
    }
  }
}

export class Telemetry extends objectOf(Rust.Telemetry) {
  async fetch(request) {
    try {
      return await this.call("fetch", request);
    } catch (error) {
      return interrupted(error);
    }
  }

  // Dashboards only listen. With this compatibility date the platform answers a closing connection by itself.
  webSocketMessage() {}
}
