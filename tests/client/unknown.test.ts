// What becomes of an intent whose outcome is unknown: the look-up of its key. The API is a server whose answers each test
// writes.

import { describe, expect, test } from "vitest";
import type { Options } from "../../packages/client/src/types.ts";
import type { Exchange } from "../harness/scripted.ts";
import { converse, INTENT, JSON_TYPE, PROBLEM } from "./conversation.ts";

const shop = converse();

describe("an unknown outcome", () => {
  test("is asked for at the service's look-up, with the request's credentials", async () => {
    const error = await unknown({}, { Authorization: "Bearer 7" });

    const status = error.status();
    const { request, response } = await looked(error.key);
    response.writeHead(200, JSON_TYPE).end('{"status":"AMBIGUOUS"}');

    expect(error).toMatchObject({ intent: INTENT, reason: "reported" });
    expect(error.key).toBe(shop.keys[0]);
    expect(error.response.status).toBe(409);
    expect(await status).toEqual({ status: "AMBIGUOUS" });
    expect(request.headers.authorization).toBe("Bearer 7");
  });

  test("is undefined if the service does not know the key", async () => {
    const error = await unknown();

    const status = error.status();
    const { response } = await looked(error.key);
    response.writeHead(404, PROBLEM).end('{"type":"/problems/not-found"}');

    expect(await status).toBeUndefined();
  });

  test.each([
    ["another 404", 404, PROBLEM, '{"type":"/problems/no-such-page"}'],
    ["a 404 that is no problem", 404, JSON_TYPE, '{"error":"not-found"}'],
    ["a 404 that is a page", 404, { "Content-Type": "text/html" }, "<title>not-found</title>"],
    ["a refusal", 401, PROBLEM, '{"type":"/problems/unauthorized"}'],
    ["a failure", 503, {}, ""],
  ])("is an error, and not undefined, if the look-up ends in %s", async (_, status, headers, body) => {
    const error = await unknown();

    const told = error.status();
    (await looked(error.key)).response.writeHead(status, headers as Record<string, string>).end(body);

    await expect(told).rejects.toThrow();
  });

  test("is an error if the look-up is not answered in time", async () => {
    const error = await unknown({ attemptMs: 500 });

    await expect(error.status()).rejects.toThrow("No look-up");
  });

  test("is asked for where the caller says", async () => {
    const error = await unknown({ lookUp: (key, url) => `${url}/status?of=${key}` });

    const status = error.status();
    const { response } = await shop.api.arrived(`${shop.path}/status?of=${error.key}`);
    response.writeHead(200, JSON_TYPE).end("{}");

    expect(await status).toEqual({});
  });

  test("whose key is not known cannot be asked for", async () => {
    await shop.store.update(INTENT, () => "damaged" as never);

    const error = await shop.post().catch((error) => error);

    expect(error).toMatchObject({ name: "OutcomeUnknownError", reason: "corrupt", key: undefined });
    await expect(error.status()).rejects.toThrow("No look-up");
    expect(shop.sent).toEqual([]);
  });
});

/** The error of a call that the service answers with 409 `outcome-unknown`. */
async function unknown(options: Partial<Options> = {}, headers: Record<string, string> = {}) {
  shop.use(options);
  const call = shop.post("{}", { headers }).catch((error) => error);
  await shop.answer(1, 409, PROBLEM, '{"type":"/problems/outcome-unknown","retryable":false}');
  return call;
}

/** The look-up of a key, as soon as it has come. */
function looked(key: string): Promise<Exchange> {
  return shop.api.arrived(`/api/v1/operations/idempotency/${key}`);
}
