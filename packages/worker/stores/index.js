// The stores of a bundle, as crates/edge/src/store/ask.rs asks them.

import { d1 } from "./d1.js";

/** Tables by their declarations, each of which is read once. */
const tables = new Map();

export class Stores {
  #stores;

  /** `others` are those that the Worker's entry has imported, by their names. */
  constructor(others) {
    this.#stores = new Map(Object.entries({ d1, ...others }));
  }

  /** The variable that is wrong, as crates/edge/src/store/ask.rs reads it. */
  wrong(env) {
    const store = this.#stores.get(nameIn(env));
    if (store === undefined)
      return "OPERATION_STORE d1, or a store that this bundle was built with (docs/stores.md)";
    return store.wrong?.(env)?.join(" ");
  }

  /** What the store that `env` names answers, as JSON. */
  async ask(env, verb, declared, values) {
    const store = this.#stores.get(nameIn(env));
    return JSON.stringify(await store[verb](env, tableOf(declared), values));
  }
}

function nameIn({ OPERATION_STORE: name }) {
  return name === undefined || name === "" ? "d1" : name;
}

/** From `resources,id:id,name:text` to the table's name and columns. */
function tableOf(declared) {
  const known = tables.get(declared);
  if (known !== undefined) return known;
  const [name, ...columns] = declared.split(",");
  const table = {
    name,
    columns: columns.map((column) => {
      const [name, kind] = column.split(":");
      return { name, kind };
    }),
  };
  tables.set(declared, table);
  return table;
}
