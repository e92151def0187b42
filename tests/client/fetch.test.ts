// What the client makes of answers, aborts and time-outs. The API is a server whose answers each test writes.

import { once } from "node:events";
import { describe, expect, test, vi } from "vitest";
import type { Entry, Store } from "../../packages/client/src/types.ts";
import { eventually } from "../harness/client.ts";
import { converse, INTENT } from "./conversation.ts";

const shop = converse();

describe("an answer", () => {
  test("is the platform's own, with its body to be read", async () => {
    const answer = shop.post("{}");
    await shop.answer(1, 201, { "X-Receipt": "7" }, "done");

    const response = await answer;

    expect(response).toBeInstanceOf(Response);
    expect([response.url, response.headers.get("X-Receipt")]).toEqual([shop.url, "7"]);
    expect(await response.text()).toBe("done");
  });

  test("whose body breaks off is none: the request is repeated with the same key", async () => {
    const answer = shop.post("{}");
    const { response } = await shop.arrived(1);
    response.writeHead(201, { "Content-Length": 4 }).write("do");
    await eventually(() => response.socket!.bytesWritten > 0);
    response.destroy();
    await shop.answer(2, 201, {}, "done");

    expect(await (await answer).text()).toBe("done");
    expect(new Set(shop.keys).size).toBe(1);
  });

  test("of events is there when it begins, and still comes", async () => {
    const answer = shop.post("{}");
    const { response } = await shop.arrived(1);
    response.writeHead(200, { "Content-Type": "text/event-stream" }).write("data: 1\n\n");

    const reader = (await answer).body!.getReader();

    expect(new TextDecoder().decode((await reader.read()).value)).toBe("data: 1\n\n");
    response.end("data: 2\n\n");
    expect(new TextDecoder().decode((await reader.read()).value)).toBe("data: 2\n\n");
  });

  test("that is a redirect is not followed, unless the caller says so", async () => {
    const answer = shop.post("{}");
    (await shop.arrived(1)).response.writeHead(302, { Location: `${shop.path}/login` }).end();
    expect((await answer).status).toBe(302);

    const followed = shop.post("{}", { redirect: "follow" });
    (await shop.arrived(2)).response.writeHead(303, { Location: `${shop.path}/receipt` }).end();
    (await shop.api.arrived(`${shop.path}/receipt`)).response.writeHead(200).end("paid");

    expect(await (await followed).text()).toBe("paid");
    expect(shop.api.at(`${shop.path}/login`)).toEqual([]);
  });

  test("whose status the browser hides, as of a redirect that is not followed, is remembered", async () => {
    const hiding = shop.use({ fetch: async () => Response.error() });
    await hiding(shop.url, { method: "POST", intent: INTENT });

    const again = await hiding(shop.url, { method: "POST", intent: INTENT });

    expect(again.status).toBe(0);
    expect(await hiding.pending()).toMatchObject([{ state: "settled", status: 0, inDoubt: 0 }]);
  });

  test("that does not come in time ends the attempt's connection, not the call", async () => {
    // Long enough for the second attempt, on a machine that is busy.
    shop.use({ attemptMs: 2_000 });
    const answer = shop.post("{}");
    const { request } = await shop.arrived(1);
    await once(request.socket, "close");
    await shop.answer(2, 201);

    expect((await answer).status).toBe(201);
  });
});

describe("an abort", () => {
  test("ends the call at once and the connection, and leaves the intent", async () => {
    const abort = new AbortController();
    const answer = shop.post("{}", { signal: abort.signal });
    const { request } = await shop.arrived(1);
    const closed = once(request.socket, "close");

    abort.abort(new Error("enough"));

    await expect(answer).rejects.toThrow("enough");
    await closed;
    expect(await shop.idempotentFetch.pending()).toMatchObject([{ state: "pending", inDoubt: 1 }]);
  });

  test("before the call begins nothing", async () => {
    const answer = shop.post("{}", { signal: AbortSignal.abort() });

    await expect(answer).rejects.toMatchObject({ name: "AbortError" });
    expect(await shop.idempotentFetch.pending()).toEqual([]);
    expect(shop.sent).toEqual([]);
  });
});

describe("a call that ends without a definitive answer", () => {
  test("has the last answer, and not the error of an earlier attempt, and the intent goes on", async () => {
    let errors = 1;
    const failingOnce: typeof fetch = (...request) =>
      errors-- > 0 ? Promise.reject(new Error("offline")) : fetch(...request);
    shop.use({ deadlineMs: 60_000, fetch: failingOnce });
    const call = shop.post("{}");
    await shop.answer(1, 503, { "Retry-After": "60" }, "busy");

    const error = await call.catch((error) => error);

    expect(error).toMatchObject({ name: "DeadlineExceededError", intent: INTENT, cause: undefined });
    expect(await error.response.text()).toBe("busy");
    const next = shop.post("{}");
    await shop.answer(2, 201);
    expect((await next).status).toBe(201);
    expect(new Set(shop.keys).size).toBe(1);
  });

  test("has the error of the network, if there was no answer", async () => {
    shop.use({ deadlineMs: 500, fetch: () => Promise.reject(new Error("offline")) });

    const error = await shop.post("{}").catch((error) => error);

    expect(error).toMatchObject({ name: "DeadlineExceededError", response: undefined });
    expect(error.cause).toMatchObject({ message: "offline" });
  });

  test("has sent nothing, if the device slept after its key was stored until that expired", async () => {
    const slept = Date.now() + 2 * 86_400_000;
    const sleeping: Store<Entry> = {
      ...shop.store,
      update: (...update) =>
        shop.store.update(...update).then(() => void vi.spyOn(Date, "now").mockReturnValue(slept)),
    };
    const send = vi.fn(fetch);
    shop.use({ store: sleeping, deadlineMs: 7 * 86_400_000, fetch: send });

    const error = await shop.post("{}").catch((error) => error);
    vi.restoreAllMocks();

    expect(error).toMatchObject({ name: "OutcomeUnknownError", reason: "expired" });
    expect(send).not.toHaveBeenCalled();
  });

  test.each([
    ["before it has read", () => {}],
    [
      "after it has read, and before it has written",
      (change: (stored: unknown) => unknown) => change(undefined),
    ],
  ])("does not wait for a store that hangs %s, and has sent nothing", async (_, read) => {
    const hanging: Store<Entry> = {
      ...shop.store,
      update: (_, change) => new Promise(() => void read(change)),
    };
    shop.use({ deadlineMs: 50, store: hanging });

    await expect(shop.post("{}")).rejects.toMatchObject({ name: "DeadlineExceededError" });
    await expect(shop.idempotentFetch.resume(INTENT)).rejects.toThrow();
    expect(shop.sent).toEqual([]);
  });
});
