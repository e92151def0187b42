// One store of each kind, as Node.js can have them, told of what is written.

import { DatabaseSync } from "node:sqlite";
import { asyncStorageStore } from "../../../packages/client/src/stores/async-storage.ts";
import { expoSqliteStore } from "../../../packages/client/src/stores/expo-sqlite.ts";
import { memoryStore } from "../../../packages/client/src/stores/memory.ts";
import type { Item } from "../../../packages/client/src/outbox.ts";
import type { Entry, Store } from "../../../packages/client/src/types.ts";
import type { STORES } from "./plan.ts";

type Kind = (typeof STORES)[number];

export interface Stores {
  intents: Record<Kind, Store<Entry>>;
  /** The outbox of an intent: all that have one would send each other's items otherwise, again and again. */
  items(kind: Kind, intent: string): Store<Item>;
  /** All that there are. */
  outboxes: Map<string, { kind: Kind; items: Store<Item> }>;
}

/** `written` is called for each entry once it is stored. */
export function openStores(written: (entry: Entry) => void): Stores {
  const storage = asynchronous(new Map());
  const outboxes: Stores["outboxes"] = new Map();
  const open: Record<Kind, (intent: string) => Store<Item>> = {
    memory: () => memoryStore(),
    asyncStorage: (intent) => asyncStorageStore(storage, intent),
    sqlite: () => expoSqliteStore(database()),
  };
  return {
    intents: {
      memory: watched(memoryStore(), written),
      asyncStorage: watched(asyncStorageStore(storage), written),
      sqlite: watched(expoSqliteStore(database()), written),
    },
    outboxes,
    items: (kind, intent) => {
      const outbox = outboxes.get(intent) ?? { kind, items: open[kind](intent) };
      outboxes.set(intent, outbox);
      return outbox.items;
    },
  };
}

function watched(store: Store<Entry>, written: (entry: Entry) => void): Store<Entry> {
  return {
    list: () => store.list(),
    update: async (name, change) => {
      let entry: Entry | undefined;
      await store.update(name, (stored) => {
        const changed = change(stored);
        entry = changed === stored ? undefined : changed;
        return changed;
      });
      if (entry) written(entry);
    },
  };
}

function asynchronous(texts: Map<string, string>) {
  return {
    getItem: async (name: string) => texts.get(name) ?? null,
    setItem: async (name: string, text: string) => void texts.set(name, text),
    removeItem: async (name: string) => void texts.delete(name),
    getAllKeys: async () => [...texts.keys()],
  };
}

/** SQLite by the names that Expo has for it. */
export function database(path = ":memory:") {
  const sqlite = new DatabaseSync(path, { timeout: 5000 });
  return {
    execSync: (source: string) => sqlite.exec(source),
    runSync: (source: string, params: string[]) => sqlite.prepare(source).run(...params),
    getAllSync: <T>(source: string, params: string[]) => sqlite.prepare(source).all(...params) as T[],
  };
}
