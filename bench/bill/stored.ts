// What a key takes where it is kept, in bytes, which are billed by the month.

import { readdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { newKey } from "../../tests/harness/client.ts";
import { type Counted, withCounted } from "./counted.ts";

/** So many rows that what D1 keeps once does not count. */
const ROWS = 400;
const AT_ONCE = 20;

const PAYLOAD = {
  name: "Lathe",
  description: "A machine tool that rotates a workpiece",
  metadata: { weight_kg: 1250.5, tags: ["metal", "wood"] },
};

export interface Stored {
  object: number;
  copy: number;
  row: number;
}

/** What a resource with a name, a description and some metadata takes. */
export function measureStored(): Promise<Stored> {
  return withCounted({ TELEMETRY_OBJECTS: "0" }, async (api) => {
    await api.count(() => api.create(newKey(), { payload: PAYLOAD }));
    const [object, copy] = [sizeOfObject(api), await sizeOfCopy(api)];
    const before = await sizeOfDatabase(api);
    for (let rows = 0; rows < ROWS; rows += AT_ONCE)
      await Promise.all(Array.from({ length: AT_ONCE }, () => api.create(newKey(), { payload: PAYLOAD })));
    return { object, copy, row: Math.round(((await sizeOfDatabase(api)) - before) / ROWS) };
  });
}

/** There is one, and a file with all alarms. */
function sizeOfObject(api: Counted): number {
  const name = readdirSync(api.server.objects).find((name) => /^[0-9a-f]+\.sqlite$/.test(name))!;
  const file = new DatabaseSync(join(api.server.objects, name), { readOnly: true, timeout: 5000 });
  const select = "SELECT page_count * page_size AS bytes FROM pragma_page_count, pragma_page_size";
  const { bytes } = file.prepare(select).get()!;
  file.close();
  return Number(bytes);
}

async function sizeOfCopy(api: Counted): Promise<number> {
  const kv = await api.server.kv();
  const { name } = (await kv.list()).keys[0]!;
  return name.length + (await kv.get(name, "arrayBuffer"))!.byteLength;
}

async function sizeOfDatabase(api: Counted): Promise<number> {
  const db = await api.server.db();
  return (await db.prepare("SELECT 1").all()).meta.size_after;
}
