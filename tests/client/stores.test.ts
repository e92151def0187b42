// Each store keeps what a store promises. Those of browsers run in one, from the built package.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setImmediate } from "node:timers/promises";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type AsyncStorage, asyncStorageStore } from "../../packages/client/src/stores/async-storage.ts";
import { expoSqliteStore } from "../../packages/client/src/stores/expo-sqlite.ts";
import { memoryStore } from "../../packages/client/src/stores/memory.ts";
import { openBrowser } from "../harness/browser.ts";
import { Files } from "./files.ts";
import { EXPECTED, observed, type Open } from "./store-contract.ts";

const folder = mkdtempSync(join(tmpdir(), "client-stores-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe("in any runtime, a store", () => {
  test("in memory", async () => {
    const stores = new Map<string, ReturnType<Open>>();
    const open: Open = (name) => stores.get(name) ?? stores.set(name, memoryStore()).get(name)!;

    expect(await observed(open)).toEqual(EXPECTED);
  });

  test("in AsyncStorage", async () => {
    const storage = slowStorage();

    expect(await observed((name) => asyncStorageStore(storage, name))).toEqual(EXPECTED);
  });

  test("in expo-sqlite", async () => {
    const databases = new Map<string, ReturnType<typeof sqlite>>();
    const database = (name: string) => databases.get(name) ?? databases.set(name, sqlite(name)).get(name)!;

    expect(await observed((name) => expoSqliteStore(database(name)))).toEqual(EXPECTED);
  });

  test.each([
    ["AsyncStorage", slowStorage, asyncStorageStore],
    ["expo-sqlite", () => sqlite("damaged"), expoSqliteStore],
  ] as [string, () => any, (place: any) => ReturnType<Open>][])(
    "in %s gives damaged text as it is, instead of nothing",
    async (_, place, open) => {
      const storage = place();
      const store = open(storage);
      await store.update("one", () => 1);
      await damage(storage);

      let found: unknown;
      await store.update("one", (stored) => (found = stored));

      expect(found).toBe("{damaged");
      expect(await store.list()).toEqual([["one", "{damaged"]]);
    },
  );

  test("in expo-sqlite is as it was, if a write fails, and can be used again", async () => {
    const database = sqlite("full");
    const store = expoSqliteStore<unknown>(database);
    await store.update("one", () => 1);
    database.execSync(
      "CREATE TRIGGER full BEFORE INSERT ON idempotency BEGIN SELECT RAISE(ABORT, 'full'); END",
    );

    await expect(store.update("one", () => 2)).rejects.toThrow("full");
    database.execSync("DROP TRIGGER full");
    await store.update("two", () => 2);

    expect(await store.list()).toEqual([
      ["one", 1],
      ["two", 2],
    ]);
  });
});

describe.each([
  ["IndexedDB", "indexeddb.js", "indexedDBStore"],
  ["localStorage", "local-storage.js", "localStorageStore"],
])("in a browser, a store in %s", (place, file, name) => {
  const files = new Files();
  let browser: Browser;
  let page: Page;
  const open = `const { ${name}: open } = await import("/stores/${file}");`;
  /** Runs statements in the page, where `open` makes a store. */
  const run = (statements: string, where = page) =>
    where.evaluate(`(async () => { ${open} ${statements} })()`) as Promise<unknown>;

  beforeAll(async () => {
    const origin = await files.start();
    browser = await openBrowser();
    page = await (await browser.newContext()).newPage();
    await page.goto(origin);
  });
  afterAll(async () => {
    await browser?.close();
    files.stop();
  });

  test("keeps what a store promises", async () => {
    expect(await run(`return (${observed})(open)`)).toEqual(EXPECTED);
  });

  test("is one for all tabs, whose updates all count", async () => {
    const other = await page.context().newPage();
    await other.goto(page.url());
    const hundred = `const store = open("tabs");
      await Promise.all(Array.from({ length: 100 }, () => store.update("sum", (sum) => (sum ?? 0) + 1)));`;

    await Promise.all([run(hundred), run(hundred, other)]);

    expect(await run(`return open("tabs").list()`)).toEqual([["sum", 200]]);
  });

  test("survives a reload", async () => {
    await run(`await open("reload").update("one", () => ({ two: 3 }))`);

    await page.reload();

    expect(await run(`return open("reload").list()`)).toEqual([["one", { two: 3 }]]);
  });

  test("can be used again after the user has cleared the site's data", async () => {
    await run(`globalThis.store = open("cleared"); await store.update("one", () => 1);`);
    const devtools = await page.context().newCDPSession(page);
    const origin = new URL(page.url()).origin;
    await devtools.send("Storage.clearDataForOrigin", { origin, storageTypes: "all" });
    if (place === "localStorage") await page.evaluate("localStorage.clear()");

    const after = await run(`await store.update("two", (found) => found ?? 2); return store.list();`);

    expect(after).toEqual([["two", 2]]);
  });
});

describe("in a browser, a store in localStorage", () => {
  test("waits for the tab that has its lock, and sees what that has written", async () => {
    const files = new Files();
    const browser = await openBrowser();
    const page = await browser.newPage();
    await page.goto(await files.start());

    const found = await page.evaluate(`(async () => {
      const { localStorageStore } = await import("/stores/local-storage.js");
      let release;
      const held = new Promise((resolve) => (release = resolve));
      const holds = new Promise((resolve) => navigator.locks.request("locked\\n", () => (resolve(), held)));
      await holds;
      let found;
      const update = localStorageStore("locked").update("one", (stored) => (found = stored));
      localStorage.setItem("locked\\none", "7");
      release();
      await update;
      return found;
    })()`);

    expect(found).toBe(7);
    await browser.close();
    files.stop();
  });

  test("says so where there are no Web Locks", async () => {
    const files = new Files();
    const browser = await openBrowser();
    const page = await browser.newPage();
    // Not a secure context: neither https nor a name of this machine.
    await page.goto((await files.start()).replace("127.0.0.1", "api.example"));

    const made = page.evaluate(
      `import("/stores/local-storage.js").then(({ localStorageStore }) => void localStorageStore())`,
    );

    await expect(made).rejects.toThrow("Without Web Locks");
    await browser.close();
    files.stop();
  });
});

/** A storage with the turns that the device's takes between a read and a write. */
function slowStorage(): AsyncStorage & { values: Map<string, string> } {
  const values = new Map<string, string>();
  const slowly = async <T>(work: () => T) => (await setImmediate(), work());
  return {
    values,
    getItem: (key) => slowly(() => values.get(key) ?? null),
    setItem: (key, value) => slowly(() => values.set(key, value)),
    removeItem: (key) => slowly(() => values.delete(key)),
    getAllKeys: () => slowly(() => [...values.keys()]),
  };
}

/** SQLite behind the functions that `expo-sqlite` has. */
function sqlite(name: string) {
  const database = new DatabaseSync(join(folder, `${name}.db`));
  return {
    execSync: (source: string) => database.exec(source),
    runSync: (source: string, params: string[]) => database.prepare(source).run(...params),
    getAllSync: <T>(source: string, params: string[]) => database.prepare(source).all(...params) as T[],
  };
}

async function damage(storage: ReturnType<typeof slowStorage> | ReturnType<typeof sqlite>) {
  if ("execSync" in storage) return storage.execSync("UPDATE idempotency SET value = '{damaged'");
  for (const key of storage.values.keys()) storage.values.set(key, "{damaged");
}
