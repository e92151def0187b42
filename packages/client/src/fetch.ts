/**
 * A `fetch` that cannot ask twice: it stores, sends and waits as decide.ts says, and decides nothing itself. A request is
 * sent only after its key is stored.
 */

import { claim, isEntry, kindOf, lastByte, next, settle, type Answer, type Failure } from "./decide.js";
import { DeadlineExceededError, IntentChangedError, OutcomeUnknownError } from "./errors.js";
import { captured, initOf } from "./request.js";
import type { Entry, IdempotentFetch, IdempotentInit, Options, ResumeInit } from "./types.js";
import { within } from "./within.js";

type WholeAnswer = Answer & { response: Response };

export function createIdempotentFetch({
  store,
  fetch: transport = (...args) => fetch(...args),
  keyField = "Idempotency-Key",
  quoted,
  preferWaitS = 10,
  lifetimeMs = 86_400_000,
  deadlineMs = 120_000,
  attemptMs = 40_000,
  keep: keepsAll,
  keepFields,
  lookUp = (key, url) =>
    `${url.split("/", 3).join("/")}/api/v1/operations/idempotency/${encodeURIComponent(key)}`,
  newKey = () => crypto.randomUUID(),
  sha256,
}: Options): IdempotentFetch {
  async function idempotentFetch(input: RequestInfo | URL, init: IdempotentInit = {}): Promise<Response> {
    // Some libraries put members that they do not know on the request.
    const { intent, replace, keep = keepsAll } = init.intent == null ? (input as IdempotentInit) : init;
    if (intent == null) return transport(input, init);
    if (!intent) throw new TypeError("An intent needs a name");
    const { request, content, digest, kept } = await captured(input, init, sha256);
    const now = Date.now();
    const fresh: Entry = {
      version: 1,
      intent,
      key: newKey(),
      digest,
      state: "pending",
      inDoubt: 1,
      createdAt: now,
      seenAt: now,
      expiresAt: now + lifetimeMs,
      request: keep ? kept(keepFields) : undefined,
    };
    const { url, method } = request;
    return untilDefinitive(request, fresh, replace, (key, signal) => {
      const headers = new Headers(request.headers);
      headers.set(keyField, quoted ? `"${key}"` : key);
      if (preferWaitS && !headers.has("Prefer")) headers.set("Prefer", "wait=" + preferWaitS);
      const body = /^(GET|HEAD)$/.test(method) ? null : content;
      return transport(input instanceof Request ? request : url, { ...init, method, headers, body, signal });
    });
  }

  async function untilDefinitive(
    request: Request,
    fresh: Entry,
    replace: boolean | undefined,
    send: (key: string, signal: AbortSignal) => Promise<Response>,
  ): Promise<Response> {
    const { intent } = fresh;
    const { signal } = request;
    const deadline = fresh.createdAt + deadlineMs;
    let held: Entry | undefined;
    let answer: WholeAnswer | undefined;
    let cause: unknown;

    /** Writes what is decided of what is stored, or rejects with the reason against it. */
    const write = async (ms: number, decide: (stored: unknown) => Entry | Failure) => {
      let result: Entry | Failure = "deadline";
      const change = (stored: unknown) => {
        result = decide(stored);
        if (typeof result !== "string") return (held = result);
        return ((held ??= stored as Entry), stored as Entry);
      };
      await within(ms, signal, () => store.update(intent, change));
      if (typeof result === "string") throw failure(result);
    };
    const failure = (reason: Failure) => {
      if (reason === "changed") return new IntentChangedError(intent);
      const response = answer?.response;
      if (reason === "deadline") return new DeadlineExceededError(intent, { response, cause });
      const key = held?.key;
      // The header fields of the request have the credentials that the look-up needs.
      const status = async () => {
        if (!key) throw new TypeError("No key");
        const { url, headers, credentials } = request;
        const found = await transport(lookUp(key, url), { headers, credentials });
        if (found.status === 404) return undefined;
        if (!found.ok) throw new TypeError("Look-up: " + found.status);
        return found.json();
      };
      return new OutcomeUnknownError(intent, { reason, key, response, status });
    };

    for (let sends = 1; ; sends++) {
      await write(deadline - Date.now(), (stored) => claim(fresh, replace, Date.now(), held, stored));

      const stop = new AbortController();
      answer = cause = undefined;
      try {
        const sent = () => send(held!.key, stop.signal).then(whole);
        const ms = Math.min(Date.now() + attemptMs, deadline, lastByte(held!)) - Date.now();
        answer = await within(ms, signal, sent);
      } catch (error) {
        if (signal.aborted) throw error;
        cause = error;
      } finally {
        if (!answer) stop.abort();
      }
      const now = Date.now();
      if (answer) {
        // What is not stored leaves the send in doubt, which is safe. A store may hang: then the answer waits for 5 s.
        await write(5_000, (stored) => settle(answer!, now, held!, stored)).catch(() => {});
      }
      const what = next(held!, answer, sends, deadline, now, Math.random());
      if (what === "definitive") return answer!.response;
      if (typeof what === "string") throw failure(what);
      await within(what - Date.now(), signal);
    }
  }

  async function resume(intent: string, init: ResumeInit = {}): Promise<Response> {
    let entry: unknown;
    await store.update(intent, (stored) => (entry = stored) as Entry);
    if (!isEntry(entry, intent) || !entry.request) throw new TypeError("Not kept: " + intent);
    return idempotentFetch(entry.request.url, { ...init, ...initOf(entry.request, init.headers), intent });
  }

  return Object.assign(idempotentFetch, {
    resume,
    pending: async () =>
      (await store.list()).map(([intent, entry]) =>
        isEntry(entry, intent) ? entry : { intent, state: "corrupt" as const },
      ),
    acknowledge: (intent: string) => store.update(intent, () => undefined),
  });
}

/** A body that breaks off is no answer. Events are one when they begin. */
async function whole(response: Response): Promise<WholeAnswer> {
  const streams = /event-stream/.test(response.headers.get("Content-Type")!);
  return { response, kind: kindOf(response, streams ? "" : await response.clone().text()) };
}
