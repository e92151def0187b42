/** A store that lives as long as what made it: for tests, and for programs whose intents do not outlive them. */

import type { Entry, Store } from "../types.js";

export function memoryStore<T = Entry>(): Store<T> {
  const values = new Map<string, T>();
  return {
    async update(name, change) {
      const value = change(values.get(name));
      if (value === undefined) values.delete(name);
      else values.set(name, value);
    },
    list: async () => [...values],
  };
}
