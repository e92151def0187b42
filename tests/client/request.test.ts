// Which requests the client takes, and what it sends and stores of them. The API is a server whose answers each test
// writes.

import { describe, expect, test } from "vitest";
import type { Entry, Store } from "../../packages/client/src/types.ts";
import { converse, INTENT, JSON_TYPE } from "./conversation.ts";

const shop = converse();

describe("a request", () => {
  test("without an intent is plain fetch", async () => {
    const answer = shop.idempotentFetch(shop.url, { method: "POST", body: "1" });
    const { request, response } = await shop.arrived(1);
    response.writeHead(503).end("busy");

    expect((await answer).status).toBe(503);
    expect(request.headers["idempotency-key"]).toBeUndefined();
    expect(await shop.idempotentFetch.pending()).toEqual([]);
  });

  test.each([
    ["a stream", () => new Blob(["1"]).stream()],
    ["an iterator", async function* () {}],
  ])("whose body is %s is refused, before anything is stored", async (_, body) => {
    const sent = shop.idempotentFetch(shop.url, { method: "POST", body: body() as never, intent: INTENT });

    await expect(sent).rejects.toThrow("cannot be sent twice");
    expect(await shop.idempotentFetch.pending()).toEqual([]);
    expect(shop.sent).toEqual([]);
  });

  test("whose intent is there but has no name is a mistake, and not plain fetch", async () => {
    for (const intent of [undefined, ""]) {
      const sent = shop.idempotentFetch(shop.url, { method: "POST", body: "1", intent: intent as string });

      await expect(sent).rejects.toThrow("No intent");
    }
    expect(shop.sent).toEqual([]);
  });

  test("may say how long the service keeps its key", async () => {
    const answer = shop.post("{}", { lifetimeMs: 3_600_000 });
    await shop.answer(1, 201);
    await answer;

    const [entry] = (await shop.idempotentFetch.pending()) as Entry[];

    expect(entry!.expiresAt - entry!.createdAt).toBe(3_600_000);
  });

  test("that is acknowledged while it is resumed keeps its key", async () => {
    const first = shop.post("{}", { keep: true });
    await shop.answer(1, 201);
    await first;
    let reads = 0;
    const acknowledging: Store<Entry> = {
      ...shop.store,
      async update(name, change) {
        await shop.store.update(name, change);
        if (reads++ === 0) await shop.store.update(name, () => undefined);
      },
    };

    const second = shop.use({ store: acknowledging }).resume(INTENT);
    await shop.answer(2, 201);
    await second;

    expect(new Set(shop.keys).size).toBe(1);
  });

  test("of the mode no-cors, in which no key would be sent, is refused", async () => {
    const sent = shop.post("1", { mode: "no-cors" });

    await expect(sent).rejects.toThrow("no-cors");
    expect(await shop.idempotentFetch.pending()).toEqual([]);
  });

  test("that is a form with a file is the same each time, though its boundary is another", async () => {
    const form = (content: string) => {
      const data = new FormData();
      data.set("file", new Blob([content]), "photo.jpg");
      return data;
    };
    const first = shop.post(form("\u0000ÿ"));
    await shop.answer(1, 201);
    await first;

    const second = shop.post(form("\u0000ÿ"));
    await shop.answer(2, 201);
    await second;
    const other = shop.post(form("another"));

    await expect(other).rejects.toMatchObject({ name: "IntentChangedError", intent: INTENT });
    expect(new Set(shop.keys).size).toBe(1);
    expect(shop.sent[1]!.request.headers["content-type"]).not.toBe(
      shop.sent[0]!.request.headers["content-type"],
    );
  });

  test("is repeated with the bytes that it had, whatever becomes of the caller's", async () => {
    const bytes = new TextEncoder().encode("first");
    const answer = shop.post(bytes);
    const { response } = await shop.arrived(1);
    bytes.fill(0);
    response.destroy();
    await shop.answer(2, 201);

    await answer;
    expect(shop.sent.map(({ body }) => body.toString())).toEqual(["first", "first"]);
  });

  test("that is kept is stored without any field that may be a credential", async () => {
    const secrets = { Authorization: "secret", Cookie: "secret", "X-Api-Key": "secret" };
    const answer = shop.post("{}", { keep: true, headers: { ...secrets, ...JSON_TYPE, Accept: "*/*" } });
    await shop.answer(1, 201);
    await answer;

    const [entry] = await shop.idempotentFetch.pending();

    expect(JSON.stringify(entry)).not.toContain("secret");
    expect((entry as Entry).request?.headers).toEqual([
      ["content-type", "application/json"],
      ["accept", "*/*"],
    ]);
  });

  test("that is resumed has the caller's header fields, before those that are stored", async () => {
    const first = shop.post("{}", { keep: true, headers: JSON_TYPE });
    await shop.answer(1, 201);
    await first;

    const second = shop
      .use()
      .resume(INTENT, { headers: { "content-type": "text/json", "X-Tenant": "acme" } });
    const { request, response, body } = await shop.arrived(2);
    response.writeHead(201).end();

    expect((await second).status).toBe(201);
    expect(request.headers).toMatchObject({ "content-type": "text/json", "x-tenant": "acme" });
    expect(body.toString()).toBe("{}");
    expect(new Set(shop.keys).size).toBe(1);
  });
});
