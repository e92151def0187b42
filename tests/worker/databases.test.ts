// Many D1 databases: a caller's rows are in one, and stay to be found, and to be unique, when another is added.

import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import {
  type Answer,
  AUDIT_LOG,
  AUDIT_LOGS,
  type Call,
  Client,
  eventually,
  newKey,
} from "../harness/client.ts";
import { PUBLIC, startServer, type Variables } from "../harness/server.ts";
import type { Row, TableName } from "../harness/stores/store.ts";

const ROOT = join(import.meta.dirname, "../../stores/databases");
const NAMES = ["DB", "DB_2", "DB_3", "DB_4"];

describe("four databases", () => {
  const api = new Client();
  beforeAll(async () => {
    api.server = await started({ OPERATION_DATABASES: NAMES.join(",") });
  });
  afterAll(() => api.server.stop());

  test("have callers on each of them, and all that a caller has on one", async () => {
    const callers = Array.from({ length: 40 }, (_, n) => `caller-${n}`);
    await Promise.all(callers.map((as) => api.create(newKey(), { as })));
    await Promise.all(callers.map((as) => api.post(AUDIT_LOG, newKey(), { as })));

    const places = new Map<unknown, Set<string>>();
    const used = new Map<string, number>();
    for (const table of ["resources", "audit_log"] as const)
      for (const [name, row] of await everywhere(api, table)) {
        places.set(row["caller"], (places.get(row["caller"]) ?? new Set()).add(name));
        used.set(name, (used.get(name) ?? 0) + 1);
      }

    expect(places.size).toBe(callers.length);
    for (const place of places.values()) expect(place.size).toBe(1);
    // Twenty each, if they were spread evenly.
    for (const name of NAMES) expect(used.get(name)).toBeGreaterThan(6);
  });

  test("choose as they always have: another choice would lose what is stored", async () => {
    const chosen: Record<string, string> = {};
    for (const as of ["ada", "grace", "edsger", "barbara", "alan", "donald"]) {
      const { id } = (await api.create(newKey(), { as })).json;
      const [[name]] = (await everywhere(api, "resources")).filter(([, row]) => row["id"] === id) as [
        [string, Row],
      ];
      chosen[as] = name;
    }

    expect(chosen).toEqual(CHOSEN);
  });

  test("are to a client what one is", async () => {
    const as = "reader";
    const made = await api.create(newKey(), { as });
    const entries = [];
    for (let n = 0; n < 3; n++) entries.unshift((await api.post(AUDIT_LOG, newKey(), { as })).json);

    const read = await api.call(made.headers.get("Location")!, { as });
    const list = await api.call(AUDIT_LOGS, { as });

    expect(read.text).toBe(made.text);
    expect(list.json).toEqual(entries);
    expect((await api.call(made.headers.get("Location")!, { as: "stranger" })).status).toBe(404);
  });

  test("lose no effect and double none by kills between effect and completion", async () => {
    const keys = Array.from({ length: 24 }, newKey);
    const call = (key: string, n: number) => ({ as: `killed-${n % 8}`, key });
    const of = keys.map(call);
    for (let round = 0; round < 2; round++) {
      const dying = of.map(({ as, key }) => api.create(key, { as, fault: "abort-after" }).catch(() => {}));
      if (round === 1) await api.server.kill();
      await Promise.all(dying);
    }

    const retries = await Promise.all(of.map(({ as, key }) => api.create(key, { as })));

    const rows = (await everywhere(api, "resources")).map(([, row]) => row);
    for (const [n, key] of keys.entries())
      expect(rows.filter((row) => row["idempotency_key"] === key)).toMatchObject([
        { id: retries[n]!.json.id },
      ]);
  });
});

describe("a database that is added", () => {
  /** Some callers belong to it from then on, and most do not. */
  const callers = Array.from({ length: 8 }, (_, n) => `mover-${n}`);

  test("gets what is begun from its time on; what was begun before stays where it was, and is done once", async () => {
    const api = await serve({ OPERATION_DATABASES: "DB,DB_2" });
    const keys = new Map(callers.map((as) => [as, newKey()]));
    const before = new Map<string, Answer>();
    for (const [as, key] of keys) await api.create(key, { as, fault: "abort-after" });
    for (const as of callers) before.set(as, await api.create(newKey(), { as }));
    const since = await added(api, "DB,DB_2");

    const recovered = new Map<string, Answer>();
    for (const [as, key] of keys) recovered.set(as, await api.create(key, { as }));
    const made = new Map<string, Answer>();
    for (const as of callers) made.set(as, await api.create(newKey(), { as }));

    const rows = await everywhere(api, "resources");
    const placeOf = ({ json }: Answer) =>
      rows.filter(([, row]) => row["id"] === json.id).map(([name]) => name);
    const moved = callers.filter((as) => placeOf(made.get(as)!)[0] === "DB_3");
    expect(moved.length).toBeGreaterThan(0);
    expect(moved.length).toBeLessThan(callers.length);
    for (const as of callers) {
      const [place] = placeOf(before.get(as)!);
      // The row of the attempt that died is the only one with the key.
      const own = rows.filter(([, row]) => row["idempotency_key"] === keys.get(as));
      expect(own).toEqual([[place, expect.objectContaining({ id: recovered.get(as)!.json.id })]]);
      expect(placeOf(made.get(as)!)).toEqual([moved.includes(as) ? "DB_3" : place]);
      const found = await api.call(before.get(as)!.headers.get("Location")!, { as });
      expect(found.text).toBe(before.get(as)!.text);
    }
    expect(since).toBeLessThan(Date.now());
  });

  test("leaves lists as they are: every entry once, in its order, over both of them", async () => {
    const api = await serve({ OPERATION_DATABASES: "DB" });
    const timestamps = ["2026-01-03T00:00:00Z", "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"];
    const enter = async (as: string, id: string) => {
      for (const timestamp of timestamps) {
        const payload = { user_id: id, action: "login", details: {}, id, timestamp };
        const entered = await api.post(AUDIT_LOG, newKey(), { as, payload });
        expect(entered.status).toBe(201);
      }
    };
    for (const id of ["old", "older"]) await Promise.all(callers.map((as) => enter(as, id)));
    await added(api, "DB");
    for (const id of ["new", "newest"]) await Promise.all(callers.map((as) => enter(as, id)));

    const wanted = timestamps
      .toSorted()
      .toReversed()
      .flatMap((timestamp) => ["newest", "new", "older", "old"].map((id) => [timestamp, id]));
    const told = (answers: Answer[]) =>
      answers.flatMap(({ json }) => json.map(({ timestamp, id }: Row) => [timestamp, id]));
    const places = (await everywhere(api, "audit_log")).map(([name, row]) => `${row["caller"]} ${name}`);
    expect(new Set(places).size).toBeGreaterThan(callers.length);
    await Promise.all(
      callers.map(async (as) => {
        for (const limit of [1, 5, 100])
          expect(told(await follow(api, `${AUDIT_LOGS}?limit=${limit}`, { as }))).toEqual(wanted);
        const rest = await api.call(`${AUDIT_LOGS}?offset=5&limit=4`, { as });
        expect(told([rest])).toEqual(wanted.slice(5, 9));
        const filtered = await follow(api, `${AUDIT_LOGS}?user_id=old&limit=2`, { as });
        expect(told(filtered)).toEqual(wanted.filter(([, id]) => id === "old"));
      }),
    );
  });

  test("shares pages of 1 MiB with those before it", async () => {
    const api = await serve({ OPERATION_DATABASES: "DB" });
    const details = { text: Array.from({ length: 4 }, (_, at) => `${at}`.repeat(62_000)) };
    const enter = (as: string, id: string) =>
      api.post(AUDIT_LOG, newKey(), { as, payload: { user_id: "u", action: "login", details, id } });
    const few = callers.slice(0, 5);
    for (const id of ["1", "2", "3"]) await Promise.all(few.map((as) => enter(as, id)));
    await added(api, "DB");
    for (const id of ["4", "5", "6"]) await Promise.all(few.map((as) => enter(as, id)));

    for (const as of few) {
      const pages = await follow(api, AUDIT_LOGS, { as });
      const ids = pages.map(({ json }) => json.map(({ id }: Row) => id));
      expect(ids).toEqual([
        ["6", "5", "4", "3"],
        ["2", "1"],
      ]);
    }
  });
});

describe("OPERATION_DATABASES", () => {
  test.each([
    "DB_9",
    "REPLAYS",
    "DB,DB",
    "DB,",
    "DB,DB_2@tomorrow",
    "DB,DB_2@2026-12-01",
    "DB,DB_2@2026-13-01T00:00:00Z",
    "DB@2026-12-01T00:00:00Z",
    "DB DB_2",
    "__proto__",
  ])("is refused by its name: %s", async (names) => {
    const api = await serve({ OPERATION_DATABASES: names });

    const refused = await api.create(newKey());

    expect(refused.status).toBe(503);
    expect(refused.json.detail).toContain("OPERATION_DATABASES");
  });

  test("is DB where it is absent", async () => {
    const api = await serve({});

    await api.create(newKey());

    expect((await everywhere(api, "resources")).map(([name]) => name)).toEqual(["DB"]);
  });
});

/** By the hash that docs/stores.md names; `python3` and its own implementation of it agree. */
const CHOSEN = {
  ada: "DB_3",
  alan: "DB",
  barbara: "DB_4",
  donald: "DB",
  edsger: "DB_3",
  grace: "DB_4",
};

function started(vars: Variables) {
  const options = { root: ROOT, assets: PUBLIC, databases: NAMES.slice(1) };
  return startServer({ FAULT_INJECTION: "on", ...vars }, options);
}

async function serve(vars: Variables): Promise<Client> {
  const api = new Client();
  api.server = await started(vars);
  onTestFinished(() => api.server.stop());
  return api;
}

/** Adds DB_3 to the databases that there are; returns when its time has come. */
async function added(api: Client, names: string): Promise<number> {
  // Times are in whole seconds. The server starts anew before.
  const since = Math.ceil(Date.now() / 1000) * 1000 + 5000;
  const time = new Date(since).toISOString().replace(".000Z", "Z");
  await api.server.restart(undefined, undefined, { OPERATION_DATABASES: `${names},DB_3@${time}` });
  await eventually(() => Date.now() > since);
  return since;
}

/** The rows of all databases, each with the name of its own. */
async function everywhere(api: Client, table: TableName): Promise<[name: string, row: Row][]> {
  const rows = await Promise.all(
    NAMES.map(async (name) => {
      const found = await (await api.server.db(name)).prepare(`SELECT * FROM ${table}`).all<Row>();
      return found.results.map((row): [string, Row] => [name, row]);
    }),
  );
  return rows.flat();
}

async function follow(api: Client, path: string, call: Call): Promise<Answer[]> {
  const pages: Answer[] = [];
  const next = (answer: Answer) => /<([^>]+)>; rel="next"/.exec(answer.headers.get("Link") ?? "")?.[1];
  for (let at: string | undefined = path; at !== undefined; at = next(pages.at(-1)!)) {
    pages.push(await api.call(at, call));
    expect(pages.at(-1)!.status).toBe(200);
  }
  return pages;
}
