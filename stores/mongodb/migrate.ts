// Applies migrations to a MongoDB database: those that it has not had before. Each is a JSON file of indexes, by their
// collections. MongoDB makes an index once, so a migration that ended halfway can be applied again.

import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { type IndexDescription, MongoClient } from "mongodb";

/** Applies what is in `folder`, in the order of its names; returns what was new. */
export async function migrate(url: string, folder: string): Promise<string[]> {
  const client = new MongoClient(url, { writeConcern: { w: "majority" } });
  try {
    const database = client.db();
    const migrations = database.collection<{ _id: string; at: Date }>("applied_migrations");
    const applied = new Set((await migrations.find().toArray()).map(({ _id }) => _id));
    const files = (await readdir(folder)).filter((name) => name.endsWith(".json")).sort();
    const wanted = files.filter((name) => !applied.has(name));
    for (const name of wanted) {
      const collections: [string, IndexDescription[]][] = Object.entries(
        JSON.parse(await readFile(join(folder, name), "utf8")),
      );
      for (const [collection, indexes] of collections)
        await database.collection(collection).createIndexes(indexes);
      await migrations.insertOne({ _id: name, at: new Date() });
    }
    return wanted;
  } finally {
    await client.close();
  }
}
