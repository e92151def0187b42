// A page that uses the client as a shop would, for tests to click on.

import {
  createIdempotentFetch,
  type IdempotentInit,
  type Options,
} from "../../../packages/client/src/index.ts";
import { createOutbox, type EnqueueInit, type OutboxEvent } from "../../../packages/client/src/outbox.ts";
import { indexedDBStore } from "../../../packages/client/src/stores/indexeddb.ts";
import { localStorageStore } from "../../../packages/client/src/stores/local-storage.ts";

/** What a test asks of the page, in its URL. */
export interface ShopOptions extends Pick<Options, "attemptMs" | "deadlineMs" | "preferWaitS"> {
  store?: "localStorage";
  /** Everything is stored, and nothing is sent. */
  sendsNothing?: boolean;
  /** The page leaves its outbox to its service worker. */
  leavesOutbox?: boolean;
  outboxEveryMs?: number;
}

export type Outcome =
  { status: number; text: string; replayed: boolean } | { error: string; reason?: string };

const options = JSON.parse(new URLSearchParams(location.search).get("options")!) as ShopOptions;
const storeOf = options.store === "localStorage" ? localStorageStore : indexedDBStore;

let sends = 0;
const client = createIdempotentFetch({
  ...options,
  store: storeOf("intents"),
  fetch: (...request) => {
    sends += 1;
    return options.sendsNothing ? new Promise<never>(() => {}) : fetch(...request);
  },
  keep: true,
});

const outbox = createOutbox({
  fetch: client,
  store: storeOf("outbox"),
  init: () => ({ headers: { Authorization: "Bearer of-the-page" } }),
  ...(options.outboxEveryMs !== undefined && { everyMs: options.outboxEveryMs }),
});

const events: string[] = [];
outbox.subscribe(({ type, item }: OutboxEvent) => events.push(`${type} ${item.intent}`));

const order = (name: string, init: IdempotentInit = {}) => ({
  method: "POST",
  headers: { "Content-Type": "application/json", ...init.headers },
  body: JSON.stringify({ name }),
});

async function outcome(asked: Promise<Response>): Promise<Outcome> {
  try {
    const response = await asked;
    const replayed = response.headers.get("Idempotent-Replayed") === "true";
    return { status: response.status, text: await response.text(), replayed };
  } catch (error) {
    const { name, reason } = error as { name: string; reason?: string };
    return { error: name, ...(reason !== undefined && { reason }) };
  }
}

const RESOURCES = "/api/v1/operations/resources";

const checkout = {
  client,
  outbox,
  /** What has happened to items of the outbox, here or elsewhere. */
  events,
  /** How many requests this page has sent. */
  sends: () => sends,
  /** Orders what has this name. */
  pay: (name: string, init: IdempotentInit = {}) =>
    outcome(client(RESOURCES, { ...order(name, init), intent: name, ...init })),
  resume: (intent: string) => outcome(client.resume(intent)),
  /** Puts it into the outbox instead; resolves with the name of the error if it cannot be stored. */
  enqueue: (name: string, init: Partial<EnqueueInit> = {}) =>
    outbox.enqueue(RESOURCES, { ...order(name), intent: name, ...init }).catch(({ name }: Error) => name),
};

declare global {
  var checkout: typeof import("./shop.ts").default;
}

export default checkout;
globalThis.checkout = checkout;
if (!options.leavesOutbox) outbox.start();
