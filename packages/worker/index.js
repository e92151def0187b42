// A Worker around the Rust code of a crate: what the platform loads, and what Rust cannot do for itself, or not as fast.

import { DurableObject } from "cloudflare:workers";
import { beginWith, endBy, hasEnded, INTERRUPTION } from "./ending.js";
import { withoutComments } from "./jsonc.js";
import { Stores } from "./stores/index.js";
import { Failure, Tasks, Timer } from "./tasks.js";

/**
 * The Worker of a crate: its handler, and the classes of its Durable Objects. `rust` is what wasm-bindgen has made of the
 * crate, which has a function `service`. `stores` are those that operations can write to beside D1, by their names.
 */
export function worker(rust, stores) {
  return workerOf(rust, () => rust.service(), stores);
}

/** The same of a crate whose service stands in front of other APIs, by the policy in `jsonc`. */
export function gateway(rust, jsonc, stores) {
  return workerOf(rust, () => rust.service(withoutComments(jsonc)), stores);
}

function workerOf(rust, makeService, others) {
  const stores = new Stores(others);
  /** Which instance of the wasm there is. */
  let instance = 0;
  let service = begin();

  function begin() {
    const tasks = new Tasks(rust);
    beginWith(tasks);
    rust.watch(tasks);
    rust.connect_stores(stores);
    return makeService();
  }

  /** Starts a new instance, if the last one has ended. */
  function startAgain() {
    if (!hasEnded()) return;
    rust.__wbg_reset_state();
    instance++;
    service = begin();
  }

  /** What a call into Rust gives: at once, or a promise that is always kept, with a `Failure` if it comes to that. */
  function answer(call) {
    try {
      startAgain();
      return call();
    } catch (error) {
      endBy(error);
      throw INTERRUPTION;
    }
  }

  const handler = {
    async fetch(request, env, context) {
      const arrivedAt = Date.now();
      const timer = namesKey(request) && hasContent(request) ? new Timer(SOON_MS) : undefined;
      try {
        const content = await shortContent(request, timer);
        // What is still to be read may take longer.
        const soon = content === undefined || timer.hasRung ? undefined : timer;
        const given = answer(() => service.serve(request, content, arrivedAt, soon, env, context));
        if (!(given instanceof Promise)) return given;
        // It goes on for as long as the platform lets it, half a minute, when the client hangs up. Otherwise promises
        // would never be kept: what waits for them would stay in memory, and the answer would not be copied.
        context.waitUntil(given);
        return successOf(await given);
      } catch (error) {
        startAgain();
        return service.interrupted(request, arrivedAt, String(error), env);
      } finally {
        timer?.stop();
      }
    },
  };

  /** An object whose work is done by what `make` gets from the service, and which ends with its instance. */
  const objectOf = (make) =>
    class extends DurableObject {
      #rust;
      #instance;

      /** Calls a method that may give a promise, in a new instance of a new one that does the work. */
      call(name, ...given) {
        return answer(() => {
          if (this.#instance !== instance) this.#rust = make(this.ctx, this.env);
          this.#instance = instance;
          return this.#rust[name](...given);
        });
      }

      async alarm() {
        successOf(await this.call("alarm"));
      }
    };

  class Coordinator extends objectOf((state, env) => service.coordinator(state, env)) {
    async fetch(request) {
      const message = new Uint8Array(await request.arrayBuffer());
      try {
        const answer = successOf(await this.call("answer", message));
        return answer instanceof Response ? answer : new Response(answer);
      } catch (error) {
        return interrupted(error);
      }
    }
  }

  class Telemetry extends objectOf((state, env) => service.telemetry(state, env)) {
    async fetch(request) {
      try {
        return successOf(await this.call("fetch", request));
      } catch (error) {
        return interrupted(error);
      }
    }

    // Dashboards only listen. With this compatibility date the platform answers a closing connection by itself.
    webSocketMessage() {}
  }

  return { handler, Coordinator, Telemetry };
}

/** What a call has given, unless it has failed. */
function successOf(given) {
  if (given instanceof Failure) throw given.error;
  return given;
}

/** In bytes. What is longer, or has no length, Rust reads piece by piece, and no more of it than it may be long. */
const SHORT_BYTES = 10_000;

/** In milliseconds: as long as so much may take at the least rate. See content.rs. */
const DEADLINE_MS = 10_000;

/** In milliseconds: after how long a request is looked at that has no answer yet. See `replay/claim.rs`. */
const SOON_MS = 1000;

/** What has no content that means anything (RFC 9110, section 9.3). */
const READS = new Set(["GET", "HEAD", "OPTIONS"]);

const hasContent = (request) => !READS.has(request.method);

/** Without a key, most requests are refused or passed on as they come. Of the content of others, Rust reads what it needs. */
const namesKey = ({ headers }) => headers.has("X-Idempotency-Key") || headers.has("Idempotency-Key");

/** The content, if it is announced to be short and arrives in time. */
async function shortContent(request, timer) {
  if (timer === undefined) return undefined;
  const bytes = Number(request.headers.get("Content-Length") ?? Infinity);
  if (!(bytes <= SHORT_BYTES)) return undefined;
  let more;
  const late = new Promise((resolve) => {
    timer.tell(() => (more = setTimeout(resolve, DEADLINE_MS - SOON_MS)));
  });
  try {
    const content = await Promise.race([request.arrayBuffer(), late]);
    return content && new Uint8Array(content);
  } catch {
    // The client hung up. Nothing is handed on, which is refused as JSON that ends too early.
    return new Uint8Array();
  } finally {
    timer.tell(() => {});
    clearTimeout(more);
  }
}

/** The answer of an interrupted object. An exception would be reported by the platform, once for each of them. */
function interrupted(error) {
  if (error !== INTERRUPTION) throw error;
  return new Response(error.message, { status: 503 });
}
