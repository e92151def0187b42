// Programs with an outbox, without a page: the real service, and before it a network that fails.

import { afterAll, beforeAll, onTestFinished } from "vitest";
import { createIdempotentFetch } from "../../packages/client/src/index.ts";
import { createOutbox, type EnqueueInit, type Item, type Outbox } from "../../packages/client/src/outbox.ts";
import { memoryStore } from "../../packages/client/src/stores/memory.ts";
import type { Entry, Options, Store } from "../../packages/client/src/types.ts";
import { type Client, newKey, RESOURCES, serve } from "../harness/client.ts";
import { Proxy } from "./proxy.ts";

/** What outlives a program. */
export interface Stores {
  intents: Store<Entry>;
  items: Store<Item>;
  /** That of the outboxes that have them. */
  name: string;
}

export interface ProgramOptions extends Pick<Options, "deadlineMs"> {
  stores?: Stores;
  everyMs?: number;
  create?: typeof createOutbox;
}

export const newStores = (): Stores => ({
  intents: memoryStore(),
  items: memoryStore<Item>(),
  name: newKey(),
});

export class Programs {
  readonly #client: Client;
  readonly proxy: Proxy;

  constructor(client: Client) {
    this.#client = client;
    this.proxy = new Proxy(() => client.server.address);
  }

  /** Starts an outbox. It ends with the test, if it is not stopped before. */
  open({ stores = newStores(), create = createOutbox, everyMs, ...options }: ProgramOptions = {}) {
    const outbox = create({
      fetch: createIdempotentFetch({ store: stores.intents, ...options }),
      store: stores.items,
      name: stores.name,
      init: () => ({ headers: { Authorization: "Bearer fresh" } }),
      ...(everyMs !== undefined && { everyMs }),
    });
    const events: string[] = [];
    outbox.subscribe(({ type, item }) => events.push(`${type} ${item.intent}`));
    const stop = outbox.start();
    onTestFinished(stop);
    return { outbox, events, stop };
  }

  /** An outbox that is not started, with an item in it. */
  async paused(headers: Record<string, string> = {}) {
    const stores = newStores();
    const fetch = createIdempotentFetch({ store: stores.intents });
    const outbox = createOutbox({ fetch, store: stores.items });
    const name = newKey();
    await this.enqueue(outbox, name, { headers: { "Content-Type": "application/json", ...headers } });
    return { outbox, stores, name };
  }

  /** A resource of this name is to be made. */
  enqueue(outbox: Outbox, name: string, init: Partial<EnqueueInit> = {}): Promise<void> {
    return outbox.enqueue(new URL(RESOURCES, this.proxy.address), {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ name }),
      intent: name,
      ...init,
    });
  }

  /** The requests that were sent for this name, in order. */
  sent(name: string) {
    return this.proxy.passed.filter(({ body }) => nameIn(body) === name);
  }

  /** The keys of those requests, each once. */
  keys(name: string): string[] {
    return [...new Set(this.sent(name).map(({ key }) => key))];
  }

  /** How many rows of this name there are. */
  async rows(name: string): Promise<number> {
    await this.proxy.settled();
    return (await this.#client.rowsWhere("resources", "name", name)).length;
  }
}

/** Programs with a service of the file's own. */
export function programs(): Programs {
  const programs = new Programs(serve());
  beforeAll(() => programs.proxy.start());
  afterAll(() => programs.proxy.stop());
  return programs;
}

export function nameIn(body: string): string | undefined {
  return body.startsWith("{") ? (JSON.parse(body) as { name?: string }).name : undefined;
}
