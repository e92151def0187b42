// Lists of the audit log that are longer than a page: what one request makes the service read, hold and send is bounded,
// and whoever follows the links meets every entry once.

import { describe, expect, test } from "vitest";
import { type Answer, AUDIT_LOG, AUDIT_LOGS, type Call, newKey, serve } from "../harness/client.ts";
import { instance } from "../harness/instance.ts";

const api = serve({}, { around: "rows.js" });

const MEBIBYTE = 1 << 20;

describe("a list of entries of 248 KB each", () => {
  const as = "long";
  const details = { text: Array.from({ length: 4 }, (_, at) => `${at}`.repeat(62_000)) };
  const payload = (at: number) => ({ user_id: `u${at % 2}`, action: "login", details, id: `${at}` });
  /** More than the memory may grow by. */
  const COUNT = 60;
  const PER_PAGE = 4;

  test("comes in pages of 1 MiB at most, and costs neither memory nor rows beyond them", async () => {
    for (let at = 0; at < COUNT; at++) await enter({ as, payload: payload(at) });
    const before = await reading();

    const pages = await follow(`${AUDIT_LOGS}?limit=1000`, { as });
    const after = await reading();

    expect(ids(pages)).toEqual(Array.from({ length: COUNT }, (_, at) => `${COUNT - 1 - at}`));
    expect(Math.max(...pages.map(({ text }) => text.length))).toBeLessThan(MEBIBYTE);
    expect(pages).toHaveLength(COUNT / PER_PAGE);
    expect(after.memoryBytes - before.memoryBytes).toBeLessThan(12 * MEBIBYTE);
    expect(after.memoryBytes).toBeLessThan(24 * MEBIBYTE);
    // Looked at are 100 at first, and then twice as many as fit; each is found in the index and in the table.
    expect(after.rowsRead - before.rowsRead).toBeLessThan(COUNT * 25);
  });

  test("is the same with one user alone, and with an offset", async () => {
    const ofUser = await follow(`${AUDIT_LOGS}?user_id=u1&action=login`, { as });
    const rest = await follow(`${AUDIT_LOGS}?offset=${COUNT - 10}`, { as });

    expect(ids(ofUser)).toEqual(Array.from({ length: COUNT / 2 }, (_, at) => `${COUNT - 1 - 2 * at}`));
    expect(ids(rest)).toEqual(Array.from({ length: 10 }, (_, at) => `${9 - at}`));
  });
});

test("an entry that is longer than a page is one by itself", async () => {
  const as = "growing";
  // Each of these characters is one byte in the table, and six in an answer.
  const user_id = "\u0001".repeat(40_000);
  for (let at = 0; at < 9; at++)
    await enter({ as, payload: { user_id, action: "login", details: {}, id: `${at}` } });

  const pages = await follow(AUDIT_LOGS, { as });

  expect(pages.map(({ json }) => json.length)).toEqual([4, 4, 1]);
  expect(ids(pages)).toEqual(["8", "7", "6", "5", "4", "3", "2", "1", "0"]);
});

describe("a list of many entries", () => {
  const as = "many";
  const COUNT = 100;
  const TIMESTAMP = "2026-01-31T12:00:00Z";

  test("has each of them once, in the order in which they came, though they are of one moment", async () => {
    const entries = Array.from({ length: COUNT }, (_, at) => `${at}`);
    for (const id of entries)
      await enter({
        as,
        payload: { user_id: "u", action: "login", details: {}, id, timestamp: TIMESTAMP },
      });
    const before = await reading();

    const pages = await follow(`${AUDIT_LOGS}?limit=7`, { as });
    const after = await reading();

    expect(ids(pages)).toEqual(entries.toReversed());
    expect(pages.slice(0, -1).every(({ json }) => json.length === 7)).toBe(true);
    expect(after.rowsRead - before.rowsRead).toBeLessThan(COUNT * 12);
  });

  test("goes on where it was, though entries come meanwhile", async () => {
    const first = await api.call(`${AUDIT_LOGS}?limit=2`, { as });
    await enter({ as, payload: { user_id: "u", action: "login", details: {}, id: "new" } });

    const second = await api.call(next(first)!, { as });

    expect(ids([first, second])).toEqual(["99", "98", "97", "96"]);
  });

  test("leaves none out where the entry that it was at is deleted", async () => {
    const first = await api.call(`${AUDIT_LOGS}?limit=2&offset=1`, { as });
    for (const id of ["98", "new"]) await api.server.store.remove("audit_log", "id", id);

    const second = await api.call(next(first)!, { as });

    expect(second.status).toBe(200);
    expect(ids([second])).toEqual(["99", "97"]);
  });

  test("of one user or action costs what is in it, not what is beside it", async () => {
    const payload = { user_id: "rare", action: "llm_query", details: {} };
    await enter({ as, payload });

    for (const query of [
      "user_id=rare",
      "action=llm_query",
      "user_id=rare&action=llm_query",
      "user_id=none",
    ]) {
      const before = await reading();
      const list = await api.call(`${AUDIT_LOGS}?${query}`, { as });
      const after = await reading();

      expect(list.json).toHaveLength(query.includes("none") ? 0 : 1);
      expect(after.rowsRead - before.rowsRead).toBeLessThan(10);
    }
  });

  test("keeps the filters and the limit in the link, which names the whole address", async () => {
    const filtered = await api.call(`${AUDIT_LOGS}?limit=1&user_id=u%20%26%3E%22&action=login`, { as });
    await enter({ as, payload: { user_id: 'u &>"', action: "login", details: {} } });
    await enter({ as, payload: { user_id: 'u &>"', action: "login", details: {} } });

    const first = await api.call(`${AUDIT_LOGS}?limit=1&user_id=u%20%26%3E%22&action=login`, { as });

    expect(filtered.headers.get("Link")).toBe(null);
    expect(first.headers.get("Link")).toMatch(/^<[^>]+>; rel="next"$/);
    const url = new URL(next(first)!);
    expect(url.origin).toBe(api.server.address.origin);
    expect(Object.fromEntries(url.searchParams)).toEqual({
      limit: "1",
      user_id: 'u &>"',
      action: "login",
      cursor: expect.any(String),
    });
  });

  test("has nothing of another caller, whoever's cursor it is", async () => {
    const first = await api.call(`${AUDIT_LOGS}?limit=2`, { as });

    const foreign = await api.call(next(first)!, { as: "another" });

    expect(foreign.status).toBe(200);
    expect(foreign.json).toEqual([]);
  });
});

describe("a cursor", () => {
  const made = "2026-01-31T12:00:00.500000000_697a1bf4-6f92-4022-a9fa-f0806db5bc45_4";

  test.each([made, made.replace("_4", "_0")])("may be %s", async (cursor) => {
    expect((await api.call(`${AUDIT_LOGS}?cursor=${cursor}`)).status).toBe(200);
  });

  test.each([
    "",
    "x",
    made.slice(0, -2),
    `${made}_`,
    `${made}x`,
    made.replace("4022", "zzzz"),
    made.replace("000_", "_"),
    made.replace("2026", "2\u06612"),
  ])("may not be %s", async (cursor) => {
    const answer = await api.call(`${AUDIT_LOGS}?cursor=${encodeURIComponent(cursor)}`);

    expect(answer.status).toBe(422);
    expect(answer.json.errors).toMatchObject([{ parameter: "cursor" }]);
  });
});

async function enter(call: Call) {
  const answer = await api.post(AUDIT_LOG, newKey(), call);
  expect(answer.status).toBe(201);
}

async function reading(): Promise<{ memoryBytes: number; rowsRead: number }> {
  const { memoryBytes } = await instance(api);
  return { memoryBytes, rowsRead: (await api.call("/__rows")).json };
}

/** Where the answer says that it goes on. */
function next(answer: Answer): string | undefined {
  return /<([^>]+)>; rel="next"/.exec(answer.headers.get("Link") ?? "")?.[1];
}

/** All pages from `path` on. */
async function follow(path: string, call: Call): Promise<Answer[]> {
  const pages: Answer[] = [];
  for (let at: string | undefined = path; at !== undefined; at = next(pages.at(-1)!)) {
    const page = await api.call(at, call);
    expect(page.status).toBe(200);
    pages.push(page);
  }
  return pages;
}

const ids = (pages: Answer[]) => pages.flatMap(({ json }) => json.map(({ id }: { id: string }) => id));
