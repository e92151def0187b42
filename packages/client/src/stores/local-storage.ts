/**
 * A store in `localStorage`. It has no transactions, so a Web Lock stands in for them. A browser may cache it in each of
 * its processes, so two tabs can still miss each other. Prefer IndexedDB, which workers have too, and which writes through
 * to the disk.
 */

import type { Entry, Store } from "../types.js";
import { changed, prefixOf, read } from "./text.js";

/** `name` begins the names of the values, and is that of the lock. Throws where there are no Web Locks. */
export function localStorageStore<T = Entry>(name = "edge-idempotency"): Store<T> {
  const { locks } = navigator;
  if (!locks) throw new TypeError("Without Web Locks, two tabs could make two keys: use IndexedDB");
  const prefix = prefixOf(name);
  return {
    update: (name, change) =>
      locks.request(prefix, () => {
        const text = changed(localStorage.getItem(prefix + name), change);
        if (text === null) localStorage.removeItem(prefix + name);
        else if (text !== undefined) localStorage.setItem(prefix + name, text);
      }),
    list: async () =>
      Object.keys(localStorage)
        .filter((key) => key.startsWith(prefix))
        .map((key) => [key.slice(prefix.length), read(localStorage.getItem(key))]),
  };
}
