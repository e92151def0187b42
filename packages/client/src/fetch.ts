/**
 * A `fetch` that cannot ask twice: it stores, sends and waits as decide.ts says, and decides nothing itself. A request is
 * sent only after its key is stored.
 */

import { claim, isEntry, kindOf, lastByte, next, settle, type Answer, type Failure } from "./decide.js";
import { DeadlineExceededError, IntentChangedError, OutcomeUnknownError } from "./errors.js";
import { captured, initOf } from "./request.js";
import type { Entry, IdempotentFetch, IdempotentInit, Options, ResumeInit } from "./types.js";
import { within } from "./within.js";

/** What is resumed holds the entry that was read: if that is acknowledged before it is claimed, the key stays. */
type Resumed = IdempotentInit & { held?: Entry };

type WholeAnswer = Answer & { response: Response };

export function createIdempotentFetch({
  store,
  fetch: transport = (...args) => fetch(...args),
  keyField = "Idempotency-Key",
  preferWaitS = 10,
  lifetimeMs: usualLifetimeMs = 86_400_000,
  deadlineMs = 120_000,
  attemptMs = 40_000,
  keep: keepsAll,
  lookUp = (key, url) =>
    `${url.split("/", 3).join("/")}/api/v1/operations/idempotency/${encodeURIComponent(key)}`,
  newKey = () => crypto.randomUUID(),
  sha256,
}: Options): IdempotentFetch {
  async function idempotentFetch(input: RequestInfo | URL, init: IdempotentInit = {}): Promise<Response> {
    // Some libraries put members that they do not know on the request.
    const named: Resumed = "intent" in init ? init : Object(input);
    if (!("intent" in named)) return transport(input, init);
    const { intent, replace, keep = keepsAll, lifetimeMs = usualLifetimeMs, held } = named;
    if (!intent) throw new TypeError("No intent");

    const now = Date.now();
    const { request, content, digest, kept } = await captured(input, init, sha256);
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
      request: keep ? kept() : undefined,
    };
    return untilDefinitive(request, fresh, replace, held, (key, signal) => {
      const headers = new Headers(request.headers);
      headers.set(keyField, key);
      if (preferWaitS && !headers.has("Prefer")) headers.set("Prefer", "wait=" + preferWaitS);
      return transport(input instanceof Request ? request : request.url, {
        // What follows a redirect is the answer to another request.
        redirect: "manual",
        ...init,
        method: request.method,
        headers,
        // GET and HEAD have none.
        body: /^[GH]E/.test(request.method) ? null : content,
        signal,
      });
    });
  }

  async function untilDefinitive(
    request: Request,
    fresh: Entry,
    replace: boolean | undefined,
    held: Entry | undefined,
    send: (key: string, signal: AbortSignal) => Promise<Response>,
  ): Promise<Response> {
    const { intent } = fresh;
    const { headers, signal } = request;
    const deadline = fresh.createdAt + deadlineMs;
    let answer: WholeAnswer | undefined;
    let cause: unknown;

    /** Writes what is decided of what is stored, or rejects with the reason against it. */
    const write = async (ms: number, decide: (stored: unknown) => Entry | Failure) => {
      let decided: Entry | Failure;
      const change = (stored: unknown) => {
        decided = decide(stored);
        if (typeof decided !== "string") return (held = decided);
        return ((held ??= stored as Entry), stored as Entry);
      };
      // Only what is written counts: a store that hangs may have called `change`.
      const written = within(ms, signal, () => store.update(intent, change).then(() => decided));
      const result = (await written) ?? "deadline";
      if (typeof result === "string") throw failure(result);
    };
    const failure = (reason: Failure) => {
      if (reason === "changed") return new IntentChangedError(intent);
      const response = answer?.response;
      if (reason === "deadline") return new DeadlineExceededError(intent, { response, cause });
      const key = held?.key;
      // The header fields of the request have the credentials that the look-up needs.
      const look = async () => {
        const found = await transport(lookUp(key!, request.url), { headers });
        return [found.ok, await found.json()];
      };
      const status = async () => {
        const [ok, told] = (key && (await within(attemptMs, signal, look))) || [];
        if (ok) return told;
        if (!/\/not-found$/.test(told?.type)) throw new TypeError("No look-up");
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
    const read = (stored: unknown) => (entry = stored) as Entry;
    const done = () => store.update(intent, read).then(() => true);
    if (!(await within(deadlineMs, init.signal, done))) throw new DeadlineExceededError(intent);
    if (!isEntry(entry, intent) || !entry.request) throw new TypeError("Not kept");
    const resumed: Resumed = { ...init, ...initOf(entry.request, init.headers), intent, held: entry };
    return idempotentFetch(entry.request.url, resumed);
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
