/**
 * A store in React Native's AsyncStorage (`@react-native-async-storage/async-storage`). It has no transactions, so updates
 * run one after the other: that is a transaction as long as one JavaScript runtime uses the storage, as in an app.
 */

import type { Entry, Store } from "../types.js";
import { changed, prefixOf, read } from "./text.js";

/** Of AsyncStorage, what the store uses. */
export interface AsyncStorage {
  getItem(key: string): Promise<string | null>;
  setItem(key: string, value: string): Promise<unknown>;
  removeItem(key: string): Promise<unknown>;
  getAllKeys(): Promise<readonly string[]>;
}

/** The last update of any store in this runtime: two stores of one name are one. */
let last: Promise<unknown> = Promise.resolve();

/** `name` begins the names of the values. */
export function asyncStorageStore<T = Entry>(storage: AsyncStorage, name = "edge-idempotency"): Store<T> {
  const prefix = prefixOf(name);
  return {
    update(name, change) {
      const update = last.then(async () => {
        const text = changed(await storage.getItem(prefix + name), change);
        if (text === null) await storage.removeItem(prefix + name);
        else if (text !== undefined) await storage.setItem(prefix + name, text);
      });
      last = update.catch(() => {});
      return update;
    },
    async list() {
      const keys = (await storage.getAllKeys()).filter((key) => key.startsWith(prefix));
      return Promise.all(
        keys.map(async (key): Promise<[string, unknown]> => [
          key.slice(prefix.length),
          read(await storage.getItem(key)),
        ]),
      );
    },
  };
}
