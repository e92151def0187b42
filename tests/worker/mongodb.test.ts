// The Worker with MongoDB's driver, asked as our Worker asks it; and what is said where it cannot answer.

import { Log, LogLevel, Miniflare } from "miniflare";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { Client, newKey } from "../harness/client.ts";
import { bundled, startServer } from "../harness/server.ts";
import { kindOf } from "../harness/stores/index.ts";
import type { OtherWorker, OwnStore } from "../harness/stores/store.ts";

const RESOURCES = table("resources", "id:id", "name:text", "created_at:moment");
const ENTRIES = table("audit_log", "id:text", "user_id:filter", "timestamp_us:integer", "moment:order");

let store: OwnStore;
let ask: Awaited<ReturnType<typeof startDriver>>;
beforeAll(async () => {
  store = await kindOf("mongodb").openOwn();
  ask = await startDriver(store.workers!["mongodb"]!);
});
afterAll(async () => {
  await ask.stop();
  await store.stop();
});

describe("an insertion", () => {
  test("that fifty attempts make at once is one document, which all are answered with", async () => {
    const caller = newKey();
    const attempts = Array.from({ length: 50 }, (_, n) => [1000, caller, caller, `id-${n}`, `name ${n}`, n]);

    const answers = await Promise.all(attempts.map((values) => ask("insertOnce", RESOURCES, values)));

    const [row] = await store.rows("resources", "caller", caller);
    expect(await store.rows("resources", "caller", caller)).toHaveLength(1);
    for (const { json } of answers) expect(json).toMatchObject({ id: row!["id"], name: row!["name"] });
  });

  test("is answered with nothing if another operation's document has what must be unique", async () => {
    const caller = newKey();
    const attempts = Array.from({ length: 50 }, (_, n) => [1000, newKey(), caller, "one id", `name ${n}`, n]);

    const answers = await Promise.all(attempts.map((values) => ask("insertOnce", RESOURCES, values)));

    const rows = answers.map(({ json }) => json).filter((row) => row !== null);
    expect(rows).toHaveLength(1);
    expect(await store.rows("resources", "caller", caller)).toMatchObject([{ name: rows[0].name }]);
  });
});

describe("a list", () => {
  const entry = (caller: string, begunAt: number, id: string, order: string) =>
    ask("insertOnce", ENTRIES, [begunAt, `operation-${id}`, caller, id, "ann", "9007199254740993", order]);
  const page = async (
    caller: string,
    limit: number,
    after: [string, string] | [null, null] = [null, null],
  ) => {
    const { json } = await ask("list", ENTRIES, [caller, limit, 0, 1_000_000, ...after, "user_id", "ann"]);
    return { ids: json[0].map((row: { id: string }) => row.id).join(), next: json[1] };
  };

  test("has entries of one order as their operations were begun, the latest first", async () => {
    const caller = newKey();
    const of = newKey();
    for (const [begunAt, id, order] of [
      [20, "c", "b"],
      [10, "z", "b"],
      [20, "d", "b"],
      [5, "a", "bb"],
      [99, "e", "a"],
    ] as const)
      await entry(caller, begunAt, `${of}-${id}`, order);

    const all = await page(caller, 10);
    const first = await page(caller, 3);
    const next = await page(caller, 3, first.next.split("_"));

    const ids = (letters: string) => [...letters].map((letter) => `${of}-${letter}`).join();
    expect(all).toEqual({ ids: ids("adcze"), next: null });
    expect(first).toEqual({ ids: ids("adc"), next: `b_operation-${of}-c` });
    expect(next).toEqual({ ids: ids("ze"), next: null });
  });

  test("leaves none out where the entry that a page ended with is deleted, nor has it others before it", async () => {
    const caller = newKey();
    const of = newKey();
    for (const [n, order] of ["c", "b", "b", "a"].entries()) await entry(caller, n, `${of}-${n}`, order);
    const { next } = await page(caller, 2);
    await store.remove("audit_log", "id", `${of}-2`);

    const rest = await page(caller, 10, next.split("_"));

    expect(rest.ids).toBe(`${of}-1,${of}-3`);
  });

  test("has integers of 64 bits to the digit", async () => {
    const caller = newKey();

    const made = await entry(caller, 1, newKey(), "a");

    expect(made.json.timestamp_us).toBe("9007199254740993");
  });
});

describe("the driver's Worker", () => {
  test("takes what looks like an operator for a value", async () => {
    const caller = newKey();
    await ask("insertOnce", RESOURCES, [1000, newKey(), caller, "id", "name", 1]);
    await ask("insertOnce", ENTRIES, [1000, newKey(), caller, "id", "ann", "1", "a"]);

    const found = await ask("find", RESOURCES, [caller, { $ne: null }]);
    const listed = await ask("list", ENTRIES, [{ $ne: null }, 10, 0, 1000, null, null]);

    // The server of these tests refuses to compare with such a value; MongoDB finds that nothing is equal to it.
    expect(found.json ?? null).toBeNull();
    expect(listed.json ?? [[], null]).toEqual([[], null]);
  });

  test.each(["", "drop", "aggregate", "constructor", "insertOnce/"])(
    "answers no question %j",
    async (verb) => {
      const answer = await ask(verb, RESOURCES, []);

      expect(answer).toMatchObject({ status: 500, text: "There is no such question" });
    },
  );

  test.each([
    [undefined, /^MONGODB_URL, a secret of the driver's Worker, must be the URL of a MongoDB database$/],
    ["https://ann:s3cret@127.0.0.1/shop", /^MONGODB_URL, a secret/],
    ["mongodb://ann:s3:cret@127.0.0.1/shop", /^MONGODB_URL, a secret/],
    ["mongodb://ann:s3cret@127.0.0.1:1/shop", /ECONNREFUSED/],
  ])("says what is wrong with the URL %j, without its password", async (url, what) => {
    const { env: _, ...worker } = store.workers!["mongodb"]!;
    const env = url === undefined ? {} : { MONGODB_URL: { type: "text" as const, value: url } };
    const misled = await startDriver({ ...worker, env });
    onTestFinished(misled.stop);

    const answer = await misled("find", RESOURCES, ["caller", "id"]);

    expect(answer.status).toBe(500);
    expect(answer.text).toMatch(what);
    expect(answer.text).not.toContain("s3");
  });
});

test("a secret that is missing is told of in our log, and to no client", async () => {
  const own = await kindOf("mongodb").openOwn();
  own.workers!["mongodb"]!.env = {};
  const api = new Client();
  api.server = await startServer({}, { store: own });
  onTestFinished(() => api.server.stop());

  const answer = await api.create(newKey());

  const [line] = await api.logged({ message: "Idempotent operation failed" });
  expect(answer.status).toBe(503);
  expect(answer.json.type).toBe("/problems/operation-failed");
  expect(answer.text).not.toMatch(/mongo/i);
  expect(line!.reason).toMatch(
    /^the database failed: .*MONGODB_URL, a secret of the driver's Worker, must be/,
  );
});

function table(name: string, ...columns: string[]) {
  const split = columns.map((column) => column.split(":"));
  return { name, columns: split.map(([name, kind]) => ({ name, kind })) };
}

/** Starts the Worker as it is bundled; what it gives asks it. */
async function startDriver(worker: OtherWorker) {
  const miniflare = new Miniflare({
    cf: false,
    telemetry: { enabled: false },
    log: new Log(LogLevel.NONE),
    workers: [await bundled("mongodb", worker)],
  });
  const ask = async (verb: string, table: object, values: unknown[]) => {
    const body = JSON.stringify({ table, values });
    const answer = await miniflare.dispatchFetch(`http://mongodb/${verb}`, { method: "POST", body });
    const text = await answer.text();
    return { status: answer.status, text, json: answer.ok ? JSON.parse(text) : undefined };
  };
  return Object.assign(ask, { stop: () => miniflare.dispose() });
}
