/**
 * Requests that wait until they can be sent. Each is stored before `enqueue` resolves, and whoever runs next sends it:
 * this page, another one, or a service worker. It is sent with the key of its intent, so that two who send at once only
 * ask for one answer twice. A lock keeps the order of a group.
 */

import { captured, initOf, IntentChangedError } from "./index.js";
import type {
  Item,
  Outbox,
  OutboxEvent,
  OutboxOptions,
  Queued,
  SyncEvent,
  SyncRegistration,
} from "./outbox-types.js";

export type * from "./outbox-types.js";

/** A browser has six connections to a host: what is sent beyond would wait for one, and time out. */
const AT_ONCE = 6;

const { navigator, document, BroadcastChannel } = globalThis;

type Outcome = Pick<OutboxEvent, "response" | "error">;

export function createOutbox({
  fetch,
  store,
  name = "edge-idempotency-outbox",
  init: added,
  everyMs = 30_000,
  sha256,
}: OutboxOptions): Outbox {
  const listeners = new Set<(event: OutboxEvent) => void>();
  /** Groups to be worked on, and those that are, each with the end of it. */
  const groups = new Set<string>();
  const works = new Map<string, Promise<unknown>>();
  let enqueued: Promise<unknown> | undefined;
  let channel: BroadcastChannel | undefined;
  /** Ends what is being sent. Absent unless the outbox is started. */
  let round: AbortController | undefined;

  // A listener that throws must not keep anything from being sent.
  const notify = (event: OutboxEvent) =>
    listeners.forEach((listener) => queueMicrotask(() => listener(event)));

  const tell = (type: OutboxEvent["type"], item: Item, outcome?: Outcome) => {
    notify({ type, item, ...outcome });
    channel?.postMessage({ type, item });
  };

  /** In the order in which they were enqueued; those that cannot be read come first. */
  const items = async () =>
    (await store.list())
      .map(([intent, stored]): Queued =>
        isItem(stored) ? stored : { intent, state: "corrupt", sequence: 0 },
      )
      .sort((one, other) => one.sequence - other.sequence);

  /** Changes an item, or removes it; unless it is gone, and perhaps another is in its place. */
  const change = (item: Item, changed: Item | undefined) =>
    store.update(item.intent, (stored) =>
      (stored as Item | undefined)?.sequence === item.sequence ? changed : (stored as Item | undefined),
    );

  /** Adds an item, or lets it take the place of one that was refused, if it may. */
  const add = async (item: Item) => {
    const last = (await items()).at(-1)?.sequence ?? 0;
    let found: Item | undefined;
    let added: Item | undefined;
    await store.update(item.intent, (stored) => {
      found = stored as Item | undefined;
      const isFree = !found || (item.replace && found.state === "refused");
      added = isFree ? { ...item, sequence: found?.sequence ?? Math.max(Date.now(), last + 1) } : undefined;
      return added ?? found;
    });
    if (added) queue(added);
    else if (found?.digest !== item.digest) throw new IntentChangedError(item.intent);
  };

  const send = async (item: Item) => {
    const { intent, replace, lifetimeMs, request } = item;
    const init = await added?.(item);
    return fetch(request.url, {
      ...init,
      ...initOf(request, init?.headers),
      intent,
      replace,
      lifetimeMs: lifetimeMs!,
      signal: round?.signal ?? null,
    });
  };

  /** Sends an item; resolves with whether the next one may follow. */
  const deliver = async (item: Item) => {
    tell("sending", item);
    const outcome: Outcome = await send(item).then(
      (response) => ({ response }),
      (error) => ({ error }),
    );
    const type = resultOf(outcome);
    if (type !== "waiting") await change(item, type === "sent" ? undefined : { ...item, state: type });
    tell(type, item, outcome);
    return type === "sent";
  };

  const drain = async (group: string) => {
    // Looked up each time, for an item may be removed while another is being sent.
    const next = async () => (await items()).find((item): item is Item => item.group === group);
    let item = await next();
    while (item?.state === "waiting" && navigator?.onLine !== false && (await deliver(item)))
      item = await next();
  };

  const work = () => {
    for (const group of groups) {
      if (works.size === AT_ONCE || works.has(group)) continue;
      groups.delete(group);
      const act = () => drain(group);
      const drained = navigator?.locks ? navigator.locks.request(`${name}:${group}`, act) : act();
      const done = () => {
        works.delete(group);
        work();
      };
      // What fails here is the store. It is tried again.
      works.set(group, drained.then(done, done));
    }
  };

  const flush = async () => {
    for (const { group } of await items()) if (group !== undefined) groups.add(group);
    work();
    while (works.size) await Promise.all(works.values());
    return (await items()).every(({ state }) => state !== "waiting");
  };

  const wake = () => {
    if (round) flush().catch(() => {});
  };

  const askForSync = async () =>
    ((await navigator?.serviceWorker?.ready) as SyncRegistration | undefined)?.sync?.register(name);

  const queue = (item: Item) => {
    tell("queued", item);
    // Most browsers have no Background Sync, and users may not allow it.
    askForSync().catch(() => {});
    wake();
  };

  const start = () => {
    const end = new AbortController();
    const on = (target: EventTarget | undefined, type: string, act: (event: never) => void) =>
      target?.addEventListener?.(type, act as EventListener, { signal: end.signal });
    /** What is being sent was sent over a connection that is gone. */
    const restart = () => {
      round?.abort();
      round = new AbortController();
      wake();
    };
    on(globalThis, "online", restart);
    on(document, "visibilitychange", wake);
    // A browser repeats a sync that has failed.
    on(globalThis, "sync", (event: SyncEvent) => {
      if (event.tag === name) event.waitUntil(flush().then((done) => done || Promise.reject()));
    });
    channel = BroadcastChannel && new BroadcastChannel(name);
    on(channel, "message", ({ data }: MessageEvent) => notify(data));
    const timer = setInterval(wake, everyMs);
    restart();
    return () => {
      end.abort();
      clearInterval(timer);
      channel?.close();
      round?.abort();
      channel = round = undefined;
    };
  };

  return {
    flush,
    start,
    items,
    enqueue: async (input, { intent, group = intent, replace = false, lifetimeMs, ...init }) => {
      if (!intent) throw new TypeError("No intent");
      const added = Promise.all([captured(input, init, sha256), enqueued]).then(([request]) =>
        add({
          version: 1,
          intent,
          group,
          sequence: 0,
          state: "waiting",
          replace,
          lifetimeMs,
          digest: request.digest,
          request: request.kept(),
        }),
      );
      // One after the other, so that they keep the order of the calls.
      enqueued = added.catch(() => {});
      return added;
    },
    retry: async (intent) => {
      let item: Item | undefined;
      await store.update(intent, (stored) => {
        if (isItem(stored)) item = { ...stored, state: "waiting" };
        return item ?? (stored as Item);
      });
      if (item) queue(item);
    },
    remove: async (intent) => {
      let item: unknown;
      await store.update(intent, (stored) => void (item = stored));
      if (isItem(item)) tell("removed", item);
      wake();
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}

const isItem = (stored: unknown): stored is Item => (stored as Item | undefined)?.version === 1;

function resultOf({ response, error }: Outcome): "sent" | "waiting" | "refused" | "unknown" {
  if (response) return response.ok ? "sent" : "refused";
  // By name, for there may be two copies of a class.
  const name = (error as Error | undefined)?.name;
  return name === "OutcomeUnknownError" ? "unknown" : name === "IntentChangedError" ? "refused" : "waiting";
}
