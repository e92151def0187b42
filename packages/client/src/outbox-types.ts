/** What a user of the outbox sees. */

import type { IdempotentFetch, IdempotentInit, Options, ResumeInit, Store, StoredRequest } from "./types.js";

/** A queue of requests that is stored, so that it survives a reload, and is sent when there is a connection. */
export interface Outbox {
  /**
   * Stores a request, and sends it as soon as it is its turn. Resolves when it is stored. The same request for the same
   * intent again changes nothing. Rejects with `IntentChangedError` if another request has this intent, unless that was
   * refused and this one is to `replace` it; or with the store's own error. Then nothing has been stored.
   */
  enqueue(input: RequestInfo | URL, init: EnqueueInit): Promise<void>;

  /**
   * Sends what waits. Resolves when nothing more can be sent for now: with `false` if something still waits, because there
   * was no answer for it or for what is before it. Rejects with the store's own error.
   */
  flush(): Promise<boolean>;

  /** All items, in the order in which they were enqueued. */
  items(): Promise<Queued[]>;

  /** Lets an item that is held wait again, for instance after the user has signed in. It is sent with the same key. */
  retry(intent: string): Promise<void>;

  /** Takes an item out, whatever became of it. What is being sent may take effect all the same. */
  remove(intent: string): Promise<void>;

  /** Calls `listener` for whatever happens to an item, here or in another page. Returns what ends that. */
  subscribe(listener: (event: OutboxEvent) => void): () => void;

  /**
   * Sends what waits, now and from now on: when something is enqueued, when the connection is back, when the page becomes
   * visible, every `everyMs`, and on Background Sync where there is one. In a service worker, call it as the script is
   * first evaluated. Returns what ends all of that.
   */
  start(): () => void;
}

export interface OutboxOptions {
  /** What sends: its store keeps the keys. */
  fetch: IdempotentFetch;

  /** Where the items are stored. Not the store of the intents. */
  store: Store<Item>;

  /** Tells outboxes of one origin apart; the same in all its pages and workers. `edge-idempotency-outbox` if absent. */
  name?: string;

  /** What is added to a request when it is sent, and is never stored: `Authorization`, or `credentials`. */
  init?: (item: Item) => Omit<ResumeInit, "signal"> | Promise<Omit<ResumeInit, "signal">>;

  /** Digests bytes. `crypto.subtle` if absent. */
  sha256?: Options["sha256"];

  /** How long it takes until waiting items are tried again, in milliseconds. 30 s if absent. */
  everyMs?: number;
}

export interface EnqueueInit extends Pick<
  IdempotentInit,
  "method" | "headers" | "body" | "replace" | "lifetimeMs"
> {
  /** What is to happen, and the item's name. */
  intent: string;

  /**
   * Items of one group are sent one after the other, in the order in which they were enqueued; the next one after the one
   * before has succeeded. The intent if absent, so that the item waits for no other.
   */
  group?: string;
}

/** What is stored about a request in the outbox. */
export interface Item {
  /** Of this format. */
  version: 1;
  intent: string;
  group: string;
  /** Rises with each item that is enqueued. */
  sequence: number;
  /**
   * `waiting`: to be sent. `refused`: the definitive answer was not 2xx, or the intent belongs to another request.
   * `unknown`: the outcome is unknown. The latter two are held: they wait for `retry` or `remove`, and so does their
   * group.
   */
  state: "waiting" | "refused" | "unknown";
  /** It may take the place of one that was refused. */
  replace: boolean;
  lifetimeMs?: number | undefined;
  /** Of the request, as in `Entry`. */
  digest: string;
  request: StoredRequest;
}

/** An item. One that cannot be read has a name and the state `corrupt`, no more; it is never sent. */
export type Queued = Item | { intent: string; state: "corrupt"; sequence: 0; group?: undefined };

/** What happened to an item. `response` and `error` are there in the page that has sent it. */
export interface OutboxEvent {
  /**
   * `queued`: it is stored, or waits again. `sending`: it is on its way. `waiting`: there was no definitive answer, and it
   * is sent again later. `sent`: it has taken effect, and has left the outbox. `refused` and `unknown`: it is held.
   * `removed`: it was taken out.
   */
  type: "queued" | "sending" | "waiting" | "sent" | "refused" | "unknown" | "removed";
  item: Item;
  response?: Response;
  error?: unknown;
}

/** Not in TypeScript's `lib`: https://wicg.github.io/background-sync/spec/ */
export interface SyncEvent extends Event {
  tag: string;
  waitUntil(done: Promise<unknown>): void;
}

export interface SyncRegistration {
  sync?: { register(tag: string): Promise<void> };
}
