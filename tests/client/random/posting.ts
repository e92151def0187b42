// Askers that put their request into an outbox, and outboxes that are flushed when nothing goes wrong any more.

import { createIdempotentFetch } from "../../../packages/client/src/index.ts";
import {
  createOutbox,
  type EnqueueInit,
  type Item,
  type OutboxEvent,
} from "../../../packages/client/src/outbox.ts";
import type { IdempotentFetch, Store } from "../../../packages/client/src/types.ts";
import { newKey } from "../../harness/client.ts";
import { CREDENTIAL } from "./check.ts";
import type { Life } from "./life.ts";
import type { Stores } from "./stores.ts";

const init = () => ({ headers: { Authorization: `Bearer ${CREDENTIAL}` } });

/** How often an outbox tries again, in milliseconds. */
const EVERY_MS = 500;

interface Posted {
  client: IdempotentFetch;
  life: Life;
  store: Store<Item>;
  /** When the asker waits no longer. */
  signal: AbortSignal;
}

/** Enqueues a request, and waits for what becomes of it. */
export async function post(
  { url, init: request }: { url: URL; init: EnqueueInit },
  { client, life, store, signal }: Posted,
): Promise<Response> {
  // A lock would outlive this life, as none does that of a process: so each has another name.
  const options = { name: newKey(), init, everyMs: EVERY_MS };
  const outbox = createOutbox({ fetch: client, store: life.uses(store), ...options });
  const { promise, resolve, reject } = Promise.withResolvers<Response>();
  promise.catch(() => {});
  signal.addEventListener("abort", () => reject(signal.reason as Error));
  outbox.subscribe(({ type, item, response, error }: OutboxEvent) => {
    if (item.intent !== request.intent || !["sent", "refused", "unknown"].includes(type)) return;
    if (response) resolve(response);
    else reject(error as Error);
  });
  const stop = outbox.start();
  void life.death.then(stop);
  try {
    await outbox.enqueue(url, request);
    const item = (await outbox.items()).find(({ intent }) => intent === request.intent);
    // An earlier life may have left it there.
    if (item && item.state !== "waiting") await outbox.retry(request.intent);
    return await promise;
  } finally {
    stop();
  }
}

/** Sends what askers have left; resolves with the intents that still wait. */
export async function flushAll({ intents, outboxes }: Stores): Promise<string[]> {
  const left: string[] = [];
  for (const [intent, { kind, items }] of outboxes) {
    const fetch = createIdempotentFetch({ store: intents[kind], deadlineMs: 30_000 });
    const outbox = createOutbox({ fetch, store: items, init });
    if (!(await outbox.flush())) left.push(intent);
  }
  return left;
}
