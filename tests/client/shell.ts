/**
 * Runs a case of packages/client/vectors through `createIdempotentFetch` itself. The network, the clock, the timers and
 * the store are this file's, and it tells what the client does with them.
 */

import { createHash } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import { createIdempotentFetch } from "../../packages/client/src/index.ts";
import type { Entry, IdempotentFetch, Pending } from "../../packages/client/src/types.ts";
import type { Case, Effect, Step } from "./vectors.ts";

interface Call {
  abort: AbortController;
  ended: boolean;
  /** Answers what was sent last. */
  answer?: { resolve: (response: Response) => void; reject: (error: unknown) => void } | undefined;
  /** The one timer that runs when the call is at rest. */
  timer?: { id: number; ring: () => void; at: number } | undefined;
}

/** Whether requests are given to `fetch` as a URL with members, or as a `Request`. */
export type Form = "url" | "request";

const real = { now: Date.now, setTimeout, clearTimeout, random: Math.random };

export async function played({ options, stored = {}, steps }: Case, form: Form): Promise<Effect[][]> {
  const store = new Map<string, unknown>(Object.entries(stored));
  const calls = new Map<number, Call>();
  let step: Step = steps[0]!;
  let effects: Effect[] = [];
  let ids = 0;
  const current = () => calls.get(step.call ?? 1)!;

  const client = () =>
    createIdempotentFetch({
      ...options,
      newKey: () => step.newKey!,
      sha256: (bytes) => new Uint8Array(createHash("sha256").update(bytes).digest()).buffer,
      fetch: (target, init) => sent(target, init!),
      store: {
        async update(name, change) {
          const before = store.get(name);
          const after = change(before);
          if (after === before) return;
          if (step.storeFails) throw Object.assign(new Error("full"), { name: "StoreError" });
          if (after === undefined) store.delete(name);
          else store.set(name, structuredClone(after));
          effects.push(after ? { effect: "store", entry: tidy(after) } : { effect: "remove", intent: name });
        },
        list: async () => [...store],
      },
    });

  async function sent(target: RequestInfo | URL, init: RequestInit): Promise<Response> {
    const request = new Request(target, init);
    const content = await request.text();
    effects.push({
      effect: "send",
      method: request.method,
      url: request.url.split("#")[0]!,
      headers: Object.fromEntries(request.headers),
      ...(content !== "" && { body: content }),
      timeoutAt: NaN,
    });
    const call = current();
    return new Promise((resolve, reject) => (call.answer = { resolve, reject }));
  }

  function begin(call: (idempotentFetch: IdempotentFetch, signal: AbortSignal) => Promise<Response>) {
    const begun: Call = { abort: new AbortController(), ended: false };
    calls.set(step.call ?? 1, begun);
    call(fetching, begun.abort.signal)
      .then(
        ({ status }) => effects.push({ effect: "respond", status }),
        (error) => effects.push(failed(error)),
      )
      .finally(() => (begun.ended = true));
  }

  /** A call is at rest when it has ended, or when its timer runs beside a request or alone. */
  async function rest(): Promise<void> {
    const call = current();
    for (let turns = 0; turns < 10_000; turns++) {
      await setImmediate();
      if (!call || call.ended) return;
      const last = effects.at(-1);
      if (call.timer && call.answer && last?.effect === "send") {
        last.timeoutAt = call.timer.at;
        return;
      }
      if (call.timer && !call.answer && turns > 4) {
        effects.push({ effect: "wait", until: call.timer.at });
        return;
      }
    }
    throw new Error(`The call does not come to rest: ${JSON.stringify(effects)}`);
  }

  const happenings: Record<Step["event"], () => unknown> = {
    call: () =>
      begin((idempotentFetch, signal) => {
        const { url, ...init } = step.request!;
        const { intent, replace, keep } = step;
        const members = { intent: intent!, ...(replace && { replace }), ...(keep !== undefined && { keep }) };
        if (form === "url") return idempotentFetch(url, { ...init, ...members, signal });
        return idempotentFetch(Object.assign(new Request(url, { ...init, signal }), members));
      }),
    resume: () =>
      begin((idempotentFetch, signal) =>
        idempotentFetch.resume(step.intent!, { headers: step.headers ?? {}, signal }),
      ),
    answer: () => {
      const body = [204, 304].includes(step.status!) ? null : step.body!;
      const response = new Response(body, { status: step.status!, headers: step.headers! });
      if (!step.headers!["Content-Type"]) response.headers.delete("Content-Type");
      settle().resolve(response);
    },
    "network-error": () => settle().reject(new TypeError("fetch failed")),
    timeout: () => {
      settle();
      ring();
    },
    timer: () => ring(),
    abort: () => current().abort.abort(),
    acknowledge: () => fetching.acknowledge(step.intent!),
    pending: async () => {
      const entries = (await fetching.pending()).map((entry) => tidy(entry));
      effects.push({ effect: "list", entries: entries.sort((a, b) => (a.intent < b.intent ? -1 : 1)) });
    },
    restart: () => {
      calls.clear();
      fetching = client();
    },
    "storage-cleared": () => store.clear(),
  };

  function settle() {
    const { answer } = current();
    current().answer = undefined;
    return answer!;
  }

  function ring() {
    const { timer } = current();
    current().timer = undefined;
    timer!.ring();
  }

  let fetching = client();
  const result: Effect[][] = [];
  try {
    Date.now = () => step.at;
    Math.random = () => step.random!;
    globalThis.setTimeout = ((ring: () => void, ms: number) => {
      const call = current();
      call.timer = { id: ++ids, ring, at: step.at + ms };
      return ids;
    }) as never;
    globalThis.clearTimeout = ((id: number) => {
      for (const call of calls.values()) if (call.timer?.id === id) call.timer = undefined;
    }) as never;
    for (step of steps) {
      effects = [];
      await happenings[step.event]();
      if (!["acknowledge", "pending", "restart", "storage-cleared"].includes(step.event)) await rest();
      result.push(effects);
    }
    return result;
  } finally {
    Date.now = real.now;
    Math.random = real.random;
    Object.assign(globalThis, { setTimeout: real.setTimeout, clearTimeout: real.clearTimeout });
  }
}

function failed(error: Error & { reason?: string }): Effect {
  const { name, reason } = error;
  return { effect: "fail", error: name, ...(name === "OutcomeUnknownError" && reason && { reason }) };
}

/** As it would be in JSON. */
function tidy<T extends Entry | Pending>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}
