// A caller's documents in MongoDB.

import { MongoClient } from "mongodb";
import { type CallersRows, KEYED, TABLES } from "../callers-rows.ts";

export function rowsOf(url: string, caller: string): CallersRows {
  const client = new MongoClient(url, { writeConcern: { w: "majority" } });
  const collection = (name: string) => client.db().collection(name);
  const which = { caller: { $eq: caller } };
  return {
    keys: async () => {
      const found = await Promise.all(
        KEYED.map((name) => collection(name).find(which).project({ idempotency_key: 1 }).toArray()),
      );
      return found.flat().map((document) => document["idempotency_key"]);
    },
    remove: async () => {
      const deleted = await Promise.all(TABLES.map((name) => collection(name).deleteMany(which)));
      return deleted.reduce((sum, { deletedCount }) => sum + deletedCount, 0);
    },
    close: () => client.close(),
  };
}
