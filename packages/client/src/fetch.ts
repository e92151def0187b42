/**
 * A `fetch` that cannot ask twice: it stores, sends and waits as decide.ts says, and decides nothing itself. A request is
 * sent only after its key is stored.
 */

import { claim, isEntry, kindOf, next, settle, type Answer, type Failure } from "./decide.js";
import { DeadlineExceededError, IntentChangedError, OutcomeUnknownError } from "./errors.js";
import { bytesOf, contentOf, digestOf, isStream, keptRequest } from "./request.js";
import type { Entry, IdempotentFetch, IdempotentInit, KeyStatus, Options, ResumeInit } from "./types.js";
import { within } from "./within.js";

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
    if (!intent || isStream(init.body) || (init.mode ?? (input as Request).mode) === "no-cors") {
      throw new TypeError("An intent needs a name, and no stream or no-cors");
    }
    const request = new Request(input, init);
    const content = await contentOf(request, init.body ?? (input instanceof Request ? undefined : ""));
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
    const { url, method } = request;
    return untilDefinitive(request, fresh, replace, (headers, signal) =>
      transport(input instanceof Request ? request : url, {
        ...init,
        method,
        headers,
        body: /^(GET|HEAD)$/.test(method) ? null : content,
        signal,
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
    let answer: WholeAnswer | undefined;
    let cause: unknown;

    const write = async (ms: number, decide: (stored: unknown) => Entry | Failure) => {
      let result: Entry | Failure | undefined;
      const change = (stored: unknown) => {
        result = decide(stored);
        if (typeof result !== "string") return (held = result);
        return ((held ??= stored as Entry), stored as Entry);
      };
      await within(ms, signal, () => store.update(intent, change));
      return result ?? "deadline";
    };
    const failure = (why: Failure) => {
      if (why === "changed") return new IntentChangedError(intent);
      const response = answer?.response;
      if (why === "deadline") return new DeadlineExceededError(intent, { response, cause });
      const key = held?.key;
      return new OutcomeUnknownError(intent, {
        reason: why,
        key,
        response,
        status: () => statusOf(key, request),
      });
    };

    for (let sends = 1; ; sends++) {
      const entry = await write(deadline - Date.now(), (stored) =>
        claim(fresh, replace, Date.now(), held, stored),
      );
      if (typeof entry === "string") throw failure(entry);

      const stop = new AbortController();
      answer = cause = undefined;
      try {
        const sent = () => send(headersOf(request, entry.key), stop.signal).then(whole);
        answer = await within(Math.min(attemptMs, deadline - Date.now()), signal, sent);
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

  function headersOf(request: Request, key: string): Headers {
    const headers = new Headers(request.headers);
    headers.set(keyField, quoted ? `"${key}"` : key);
    if (preferWaitS && !headers.has("Prefer")) headers.set("Prefer", "wait=" + preferWaitS);
    return headers;
  }

  /** What the service says of a key, asked with the header fields of the request, its credentials among them. */
  async function statusOf(key: string | undefined, request: Request): Promise<KeyStatus | undefined> {
    if (!key) throw new TypeError("No key");
    const { url, headers, credentials } = request;
    const response = await transport(lookUp(key, url), { headers, credentials });
    if (response.status === 404) return undefined;
    if (!response.ok) throw new TypeError("Look-up: " + response.status);
    return response.json();
  }

  async function resume(intent: string, init: ResumeInit = {}): Promise<Response> {
    let entry: unknown;
    await store.update(intent, (stored) => (entry = stored) as Entry);
    if (!isEntry(entry, intent) || !entry.request) throw new TypeError("Not kept: " + intent);
    const { method, url, body, headers } = entry.request;
    return idempotentFetch(url, {
      ...init,
      intent,
      method,
      headers: Object.fromEntries([...headers, ...new Headers(init.headers)]),
      body: (body && bytesOf(atob(body)))!,
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
  return { response, kind: kindOf(response, streams ? "" : await response.clone().text()) };
}
