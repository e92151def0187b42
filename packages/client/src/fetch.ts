/**
 * A `fetch` that cannot ask twice: it stores, sends and waits as decide.ts says, and decides nothing itself. A request is
 * sent only after its key is stored.
 */

import { claim, isEntry, kindOf, next, settle, type Answer, type Failure, type Kind } from "./decide.js";
import { DeadlineExceededError, IntentChangedError, OutcomeUnknownError } from "./errors.js";
import { bytesOf, contentOf, digestOf, keptRequest } from "./request.js";
import type { Entry, IdempotentFetch, IdempotentInit, KeyStatus, Options, ResumeInit } from "./types.js";
import { within } from "./within.js";

/** An answer waits no longer for its being stored: a store may hang. */
const SETTLE_MS = 5_000;

type WholeAnswer = Answer & { response: Response };

type Send = (headers: Headers, signal: AbortSignal) => Promise<Response>;

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
  keepFields = ["Content-Type", "Accept"],
  lookUp = (key, url) =>
    `${url.split("/", 3).join("/")}/api/v1/operations/idempotency/${encodeURIComponent(key)}`,
  newKey = () => crypto.randomUUID(),
  sha256 = (bytes) => crypto.subtle.digest("SHA-256", bytes),
}: Options): IdempotentFetch {
  async function idempotentFetch(input: RequestInfo | URL, init: IdempotentInit = {}): Promise<Response> {
    // Some libraries put members that they do not know on the request.
    const { intent, replace, keep = keepsAll } = init.intent == null ? (input as IdempotentInit) : init;
    if (intent == null) return transport(input, init);
    const { body } = init;
    const streams = typeof body === "object" && body && ("getReader" in body || Symbol.asyncIterator in body);
    const request = new Request(input, init);
    if (!intent || streams || request.mode === "no-cors") {
      throw new TypeError("An intent needs a name, no stream, and no no-cors");
    }
    const content = await contentOf(request, body);
    const now = Date.now();
    const fresh: Entry = {
      version: 1,
      intent,
      key: newKey(),
      digest: await digestOf(request, content, sha256),
      state: "pending",
      inDoubt: 1,
      createdAt: now,
      seenAt: now,
      expiresAt: now + lifetimeMs,
      request: keep ? keptRequest(request, content, keepFields) : undefined,
    };
    const { url, method, signal } = request;
    return untilDefinitive(request, fresh, replace, (headers, inner) =>
      transport(input instanceof Request ? request : url, {
        ...init,
        method,
        headers,
        body: /^(GET|HEAD)$/.test(method) ? null : content,
        // React Native has no `any`: there, an abort ends the wait, and that ends the attempt.
        signal: AbortSignal.any?.([signal, inner]) ?? inner,
      }),
    );
  }

  async function untilDefinitive(
    request: Request,
    fresh: Entry,
    replace: boolean | undefined,
    send: Send,
  ): Promise<Response> {
    const { intent } = fresh;
    const { signal } = request;
    const deadline = fresh.createdAt + deadlineMs;
    let held: Entry | undefined;
    let key: string | undefined;
    let answer: WholeAnswer | undefined;
    let cause: unknown;

    const write = async (ms: number, decide: (stored: unknown) => Entry | Failure) => {
      let result: Entry | Failure;
      const written = store.update(intent, (stored) => {
        result = decide(stored);
        if (typeof result !== "string") return (held = result);
        key = (stored as Entry)?.key;
        return stored as Entry;
      });
      await within(ms, signal, written);
      return (result ??= "deadline");
    };
    const failure = (why: Failure) => {
      if (why === "changed") return new IntentChangedError(intent);
      if (why === "deadline") return new DeadlineExceededError(intent, answer?.response, cause);
      key = held?.key ?? key;
      return new OutcomeUnknownError(intent, why, key, answer?.response, () => statusOf(key, request));
    };

    for (let sends = 1; ; sends++) {
      if (signal.aborted) throw signal.reason;
      const entry = await write(deadline - Date.now(), (stored) =>
        claim(stored, fresh, replace, held, Date.now()),
      );
      if (typeof entry === "string") throw failure(entry);

      answer = cause = undefined;
      try {
        answer = await attempt(send, request, entry.key, deadline);
      } catch (error) {
        if (signal.aborted) throw error;
        cause = error;
      }
      const kind = answer ? kindOf(answer) : "repeat";
      const now = Date.now();
      if (answer) {
        // What cannot be stored leaves the send in doubt, which is safe.
        await write(SETTLE_MS, (stored) => settle(stored, held!, answer!, kind, now)).catch(() => {});
      }
      const what = next(held!, answer, kind, { sends, deadline }, now, Math.random());
      if (what === "definitive") return answer!.response;
      if (typeof what === "string") throw failure(what);
      await within(what - Date.now(), signal);
    }
  }

  /** Sends once. Resolves with a whole answer, or with nothing if none came in time. */
  async function attempt(
    send: Send,
    request: Request,
    key: string,
    deadline: number,
  ): Promise<WholeAnswer | undefined> {
    const headers = new Headers(request.headers);
    headers.set(keyField, quoted ? `"${key}"` : key);
    if (preferWaitS && !headers.has("Prefer")) headers.set("Prefer", "wait=" + preferWaitS);
    const stop = new AbortController();
    let answer: WholeAnswer | undefined;
    try {
      const sent = send(headers, stop.signal).then(whole);
      answer = await within(Math.min(attemptMs, deadline - Date.now()), request.signal, sent);
    } finally {
      if (!answer) stop.abort();
    }
    return answer;
  }

  /** What the service says of a key, asked with the header fields of the request, its credentials among them. */
  async function statusOf(key: string | undefined, request: Request): Promise<KeyStatus | undefined> {
    if (!key) throw new TypeError("No key");
    const { url, headers, credentials } = request;
    const response = await transport(lookUp(key, url), { headers, credentials });
    if (response.status === 404) return undefined;
    if (!response.ok) throw new Error("No look-up: " + response.status);
    return response.json();
  }

  async function resume(intent: string, init: ResumeInit = {}): Promise<Response> {
    let entry: unknown;
    await store.update(intent, (stored) => (entry = stored) as Entry);
    if (!isEntry(entry, intent) || !entry.request) throw new TypeError("No request is kept of " + intent);
    const { method, url, body, headers: kept } = entry.request;
    const headers = new Headers(kept);
    new Headers(init.headers).forEach((value, name) => headers.set(name, value));
    return idempotentFetch(url, {
      ...init,
      intent,
      keep: false,
      method,
      headers,
      body: body ? bytesOf(atob(body)) : null,
    });
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
  const streams = /^text\/event-stream/i.test(response.headers.get("Content-Type")!);
  return { response, body: streams ? "" : await response.clone().text() };
}
