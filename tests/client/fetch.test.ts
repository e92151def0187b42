// What the client does beside its decisions: bodies, answers, aborts, time-outs, look-ups. The API is a server whose answers
// each test writes.

import { once } from "node:events";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { createIdempotentFetch } from "../../packages/client/src/index.ts";
import { memoryStore } from "../../packages/client/src/stores/memory.ts";
import type { Entry, IdempotentFetch, Options, Store } from "../../packages/client/src/types.ts";
import { eventually } from "../harness/client.ts";
import { type Exchange, ScriptedUpstream } from "../harness/scripted.ts";

const INTENT = "checkout:17";
const JSON_TYPE = { "Content-Type": "application/json" };

const api = new ScriptedUpstream();
let origin: string;
let store: Store<Entry>;
let idempotentFetch: IdempotentFetch;
let paths = 0;
/** A path of the test's own. */
let path: string;

beforeAll(async () => void (origin = await api.start()));
afterAll(() => api.stop());
beforeEach(() => {
  store = memoryStore();
  idempotentFetch = client();
  path = `/${++paths}`;
});

describe("a request", () => {
  test("without an intent is plain fetch", async () => {
    const answer = idempotentFetch(origin + path, { method: "POST", body: "1" });
    const { request, response } = await arrived(1);
    response.writeHead(503).end("busy");

    expect((await answer).status).toBe(503);
    expect(request.headers["idempotency-key"]).toBeUndefined();
    expect(await idempotentFetch.pending()).toEqual([]);
  });

  test.each([
    ["a stream", () => new Blob(["1"]).stream()],
    ["an iterator", async function* () {}],
  ])("whose body is %s is refused, before anything is stored", async (_, body) => {
    const sent = idempotentFetch(origin + path, { method: "POST", body: body() as never, intent: INTENT });

    await expect(sent).rejects.toThrow("cannot be sent twice");
    expect(await idempotentFetch.pending()).toEqual([]);
    expect(api.at(path)).toEqual([]);
  });

  test("of the mode no-cors, in which no key would be sent, is refused", async () => {
    const sent = post("1", { mode: "no-cors" });

    await expect(sent).rejects.toThrow("no-cors");
    expect(await idempotentFetch.pending()).toEqual([]);
  });

  test("that is a form with a file is the same each time, though its boundary is another", async () => {
    const form = (content: string) => {
      const data = new FormData();
      data.set("file", new Blob([content]), "photo.jpg");
      return data;
    };
    const first = post(form("\u0000ÿ"));
    (await arrived(1)).response.writeHead(201).end();
    await first;

    const second = post(form("\u0000ÿ"));
    (await arrived(2)).response.writeHead(201).end();
    await second;
    const other = post(form("another"));

    await expect(other).rejects.toMatchObject({ name: "IntentChangedError", intent: INTENT });
    expect(new Set(keys()).size).toBe(1);
    expect(api.at(path)[1]!.request.headers["content-type"]).not.toBe(
      api.at(path)[0]!.request.headers["content-type"],
    );
  });

  test("is repeated with the bytes that it had, whatever becomes of the caller's", async () => {
    const bytes = new TextEncoder().encode("first");
    const answer = post(bytes);
    const { response } = await arrived(1);
    bytes.fill(0);
    response.destroy();
    (await arrived(2)).response.writeHead(201).end();

    await answer;
    expect(api.at(path).map(({ body }) => body.toString())).toEqual(["first", "first"]);
  });

  test("that is kept is stored without any field that may be a credential", async () => {
    const secrets = { Authorization: "secret", Cookie: "secret", "X-Api-Key": "secret" };
    const answer = post("{}", { keep: true, headers: { ...secrets, ...JSON_TYPE, Accept: "*/*" } });
    (await arrived(1)).response.writeHead(201).end();
    await answer;

    const [entry] = await idempotentFetch.pending();

    expect(JSON.stringify(entry)).not.toContain("secret");
    expect((entry as Entry).request?.headers).toEqual([
      ["content-type", "application/json"],
      ["accept", "*/*"],
    ]);
  });

  test("that is resumed has the caller's header fields, before those that are stored", async () => {
    const first = post("{}", { keep: true, headers: JSON_TYPE });
    (await arrived(1)).response.writeHead(201).end();
    await first;

    const second = client().resume(INTENT, { headers: { "content-type": "text/json", "X-Tenant": "acme" } });
    const { request, response, body } = await arrived(2);
    response.writeHead(201).end();

    expect((await second).status).toBe(201);
    expect(request.headers).toMatchObject({ "content-type": "text/json", "x-tenant": "acme" });
    expect(body.toString()).toBe("{}");
    expect(new Set(keys()).size).toBe(1);
  });
});

describe("an answer", () => {
  test("is the platform's own, with its body to be read", async () => {
    const answer = post("{}");
    (await arrived(1)).response.writeHead(201, { "X-Receipt": "7" }).end("done");

    const response = await answer;

    expect(response).toBeInstanceOf(Response);
    expect([response.url, response.headers.get("X-Receipt")]).toEqual([origin + path, "7"]);
    expect(await response.text()).toBe("done");
  });

  test("whose body breaks off is none: the request is repeated with the same key", async () => {
    const answer = post("{}");
    const { response } = await arrived(1);
    response.writeHead(201, { "Content-Length": 4 }).write("do");
    await eventually(() => response.socket!.bytesWritten > 0);
    response.destroy();
    (await arrived(2)).response.writeHead(201).end("done");

    expect(await (await answer).text()).toBe("done");
    expect(new Set(keys()).size).toBe(1);
  });

  test("of events is there when it begins, and still comes", async () => {
    const answer = post("{}");
    const { response } = await arrived(1);
    response.writeHead(200, { "Content-Type": "text/event-stream" }).write("data: 1\n\n");

    const reader = (await answer).body!.getReader();

    expect(new TextDecoder().decode((await reader.read()).value)).toBe("data: 1\n\n");
    response.end("data: 2\n\n");
    expect(new TextDecoder().decode((await reader.read()).value)).toBe("data: 2\n\n");
  });

  test("whose status the browser hides, as of a redirect that is not followed, is remembered", async () => {
    const hiding = client({ fetch: async () => Response.error() });
    await hiding(origin + path, { method: "POST", intent: INTENT });

    const again = await hiding(origin + path, { method: "POST", intent: INTENT });

    expect(again.status).toBe(0);
    expect(await hiding.pending()).toMatchObject([{ state: "settled", status: 0, inDoubt: 0 }]);
  });

  test("that does not come in time ends the attempt's connection, not the call", async () => {
    // Long enough for the second attempt, on a machine that is busy.
    idempotentFetch = client({ attemptMs: 2_000 });
    const answer = post("{}");
    const { request } = await arrived(1);
    await once(request.socket, "close");
    (await arrived(2)).response.writeHead(201).end();

    expect((await answer).status).toBe(201);
  });
});

describe("an abort", () => {
  test("ends the call at once and the connection, and leaves the intent", async () => {
    const abort = new AbortController();
    const answer = post("{}", { signal: abort.signal });
    const { request } = await arrived(1);
    const closed = once(request.socket, "close");

    abort.abort(new Error("enough"));

    await expect(answer).rejects.toThrow("enough");
    await closed;
    expect(await idempotentFetch.pending()).toMatchObject([{ state: "pending", inDoubt: 1 }]);
  });

  test("before the call begins nothing", async () => {
    const answer = post("{}", { signal: AbortSignal.abort() });

    await expect(answer).rejects.toMatchObject({ name: "AbortError" });
    expect(await idempotentFetch.pending()).toEqual([]);
    expect(api.at(path)).toEqual([]);
  });
});

describe("a call that ends without a definitive answer", () => {
  test("has the last answer, and not the error of an earlier attempt, and the intent goes on", async () => {
    let errors = 1;
    const failingOnce: typeof fetch = (...request) =>
      errors-- > 0 ? Promise.reject(new Error("offline")) : fetch(...request);
    idempotentFetch = client({ deadlineMs: 60_000, fetch: failingOnce });
    const call = post("{}");
    (await arrived(1)).response.writeHead(503, { "Retry-After": "60" }).end("busy");

    const error = await call.catch((error) => error);

    expect(error).toMatchObject({ name: "DeadlineExceededError", intent: INTENT, cause: undefined });
    expect(await error.response.text()).toBe("busy");
    const next = post("{}");
    (await arrived(2)).response.writeHead(201).end();
    expect((await next).status).toBe(201);
    expect(new Set(keys()).size).toBe(1);
  });

  test("has the error of the network, if there was no answer", async () => {
    idempotentFetch = client({ deadlineMs: 1, fetch: () => Promise.reject(new Error("offline")) });

    const error = await post("{}").catch((error) => error);

    expect(error).toMatchObject({ name: "DeadlineExceededError", response: undefined });
    expect(error.cause).toMatchObject({ message: "offline" });
  });

  test("has sent nothing, if the device slept after its key was stored until that expired", async () => {
    const slept = Date.now() + 2 * 86_400_000;
    const sleeping: Store<Entry> = {
      ...store,
      update: (...update) =>
        store.update(...update).then(() => void vi.spyOn(Date, "now").mockReturnValue(slept)),
    };
    const send = vi.fn(fetch);
    idempotentFetch = client({ store: sleeping, deadlineMs: 7 * 86_400_000, fetch: send });

    const error = await post("{}").catch((error) => error);
    vi.restoreAllMocks();

    expect(error).toMatchObject({ name: "OutcomeUnknownError", reason: "expired" });
    expect(send).not.toHaveBeenCalled();
  });

  test("does not wait for a store that hangs, and has sent nothing", async () => {
    idempotentFetch = client({
      deadlineMs: 50,
      store: { update: () => new Promise(() => {}), list: async () => [] },
    });

    await expect(post("{}")).rejects.toMatchObject({ name: "DeadlineExceededError" });
    expect(api.at(path)).toEqual([]);
  });
});

describe("an unknown outcome", () => {
  const LOOK_UP = "/api/v1/operations/idempotency/";

  test("is asked for at the service's look-up, with the request's credentials", async () => {
    const error = await unknown({ headers: { Authorization: "Bearer 7" } });

    const status = error.status();
    const { request, response } = await api.arrived(LOOK_UP + error.key);
    response.writeHead(200, JSON_TYPE).end('{"status":"AMBIGUOUS"}');

    expect(error).toMatchObject({ intent: INTENT, reason: "reported", key: keys()[0] });
    expect(error.response.status).toBe(409);
    expect(await status).toEqual({ status: "AMBIGUOUS" });
    expect(request.headers.authorization).toBe("Bearer 7");
  });

  test("is undefined if the service does not know the key, and an error if it does not say", async () => {
    const error = await unknown();

    const absent = error.status();
    (await api.arrived(LOOK_UP + error.key)).response.writeHead(404).end();
    expect(await absent).toBeUndefined();

    const refused = error.status();
    await eventually(() => api.at(LOOK_UP + error.key).length === 2);
    api
      .at(LOOK_UP + error.key)[1]!
      .response.writeHead(401)
      .end();
    await expect(refused).rejects.toThrow("401");
  });

  test("is asked for where the caller says", async () => {
    idempotentFetch = client({ lookUp: (key, url) => `${url}/status?of=${key}` });
    const error = await unknown();

    const status = error.status();
    const { response } = await api.arrived(`${path}/status?of=${error.key}`);
    response.writeHead(200, JSON_TYPE).end("{}");

    expect(await status).toEqual({});
  });

  test("whose key is not known cannot be asked for", async () => {
    await store.update(INTENT, () => "damaged" as never);

    const error = await post("{}").catch((error) => error);

    expect(error).toMatchObject({ name: "OutcomeUnknownError", reason: "corrupt", key: undefined });
    await expect(error.status()).rejects.toThrow("No key");
  });

  async function unknown(init: RequestInit = {}) {
    const call = post("{}", init);
    const problem = JSON.stringify({ type: "/problems/outcome-unknown", retryable: false });
    (await arrived(1)).response.writeHead(409, { "Content-Type": "application/problem+json" }).end(problem);
    return call.catch((error) => error);
  }
});

function client(options: Partial<Options> = {}): IdempotentFetch {
  return createIdempotentFetch({ store, ...options });
}

function post(body: BodyInit, init: RequestInit & { keep?: boolean } = {}): Promise<Response> {
  return idempotentFetch(origin + path, { method: "POST", body, intent: INTENT, ...init });
}

/** The nth request of this test, as soon as it has come. */
async function arrived(nth: number): Promise<Exchange> {
  await eventually(() => api.at(path).length >= nth);
  return api.at(path)[nth - 1]!;
}

const keys = () => api.at(path).map(({ request }) => request.headers["idempotency-key"]);
