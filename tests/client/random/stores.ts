// One store of each kind, as Node.js can have them, told of what is written.

import { DatabaseSync } from "node:sqlite";
import { asyncStorageStore } from "../../../packages/client/src/stores/async-storage.ts";
import { expoSqliteStore } from "../../../packages/client/src/stores/expo-sqlite.ts";
import { memoryStore } from "../../../packages/client/src/stores/memory.ts";
import type { Entry, Store } from "../../../packages/client/src/types.ts";
import type { STORES } from "./plan.ts";

export type Stores = Record<(typeof STORES)[number], Store<Entry>>;

/** `written` is called for each entry once it is stored. */
export function openStores(written: (entry: Entry) => void): Stores {
  const stores: Stores = {
    memory: memoryStore(),
    asyncStorage: asyncStorageStore(asynchronous(new Map())),
    sqlite: expoSqliteStore(database()),
  };
  return Object.fromEntries(
    Object.entries(stores).map(([kind, store]) => [kind, watched(store, written)]),
  ) as Stores;
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
