/** A store in IndexedDB, for browsers and their workers: all tabs of an origin share it, and it survives a crash. */

import type { Entry, Store } from "../types.js";

const VALUES = "values";

/** `name` is that of the database. What is not to be shared, such as the intents of two users, has two names. */
export function indexedDBStore<T = Entry>(name = "edge-idempotency"): Store<T> {
  let opened: Promise<IDBDatabase> | undefined;

  async function begin(mode: IDBTransactionMode): Promise<IDBTransaction> {
    const database = await (opened ??= open(name));
    // What is complete is written, not only handed to the operating system.
    return database.transaction(VALUES, mode, { durability: "strict" });
  }

  async function inTransaction<R>(
    mode: IDBTransactionMode,
    work: (values: IDBObjectStore) => () => R,
  ): Promise<R> {
    // A connection may have been closed: the user has cleared the site's data, for one.
    const transaction = await begin(mode).catch(() => {
      opened = undefined;
      return begin(mode);
    });
    const result = work(transaction.objectStore(VALUES));
    return new Promise((resolve, reject) => {
      transaction.oncomplete = () => resolve(result());
      transaction.onabort = () => reject(transaction.error);
    });
  }

  return {
    async update(name, change) {
      await inTransaction("readwrite", (values) => {
        const read = values.get(name);
        read.onsuccess = () => {
          const value = change(read.result);
          if (value === undefined) values.delete(name);
          else if (value !== read.result) values.put(value, name);
        };
        return () => {};
      });
    },
    list: () =>
      inTransaction("readonly", (values) => {
        const names = values.getAllKeys();
        const all = values.getAll();
        return () => names.result.map((name, index) => [String(name), all.result[index]]);
      }),
  };
}

function open(name: string): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(name);
    request.onupgradeneeded = () => request.result.createObjectStore(VALUES);
    request.onerror = () => reject(request.error);
    request.onsuccess = () => {
      // Whoever deletes the database would wait for this connection otherwise.
      request.result.onversionchange = () => request.result.close();
      resolve(request.result);
    };
  });
}
