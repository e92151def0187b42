// One Worker with operations of its own, and in front of an API: that of tests/operations, with a policy.

import { afterAll, beforeAll, expect, test } from "vitest";
import { newKey } from "../harness/client.ts";
import { OPERATIONS, type Server, startServer } from "../harness/server.ts";
import { Upstream } from "../harness/upstream.ts";

const api = new Upstream();
let server: Server;

beforeAll(async () => {
  const route = (path: string) => ({
    match: { path },
    upstream: "api",
    caller: "header:Authorization",
    key: { required: false },
  });
  const policy = {
    upstreams: { api: { url: await api.start() } },
    routes: [route("/opaque"), route("/orders/{*rest}")],
    default: { pass: "api" },
  };
  server = await startServer({}, { root: OPERATIONS, policy });
});

afterAll(async () => {
  await server?.stop();
  api.stop();
});

test("an operation of its own and a request to the API each happen once, with one key", async () => {
  const key = newKey();

  const own = [await post("/optional", key), await post("/optional", key)];
  const forwarded = [await post("/orders/new", key), await post("/orders/new", key)];

  for (const [first, retry] of [own, forwarded]) {
    expect([first!.isReplayed, retry!.isReplayed]).toEqual([false, true]);
    expect(retry!.text).toBe(first!.text);
  }
  expect(JSON.parse(own[0]!.text)).toMatchObject({ path: "/optional", idempotency_key: key });
  expect(JSON.parse(forwarded[0]!.text)).toEqual({ number: expect.any(Number) });
  expect([api.at("/optional").length, api.at("/orders/new").length]).toEqual([0, 1]);
});

test("an operation of its own goes before a route of the same path; other methods go to the API", async () => {
  const answer = await post("/opaque", newKey());
  const other = await fetch(new URL("/opaque", server.address), { method: "PATCH" });

  expect(JSON.parse(answer.text)).toMatchObject({ method: "POST", path: "/opaque" });
  expect(other.status).toBe(201);
  expect(api.at("/opaque").map(({ method }) => method)).toEqual(["PATCH"]);
});

test("what is neither passes to the API", async () => {
  const page = await fetch(new URL("/page?status=200", server.address));
  const unkeyed = await fetch(new URL("/orders/unkeyed", server.address), { method: "POST", body: "text" });

  expect([page.status, unkeyed.status]).toEqual([200, 201]);
  expect([api.at("/page?status=200").length, api.at("/orders/unkeyed").length]).toEqual([1, 1]);
});

test("an operation of its own is found by its key, beside a request to the API with the same key", async () => {
  const key = newKey();
  await post("/optional", key);
  await post("/orders/found", key);

  const found = await fetch(new URL(`/api/v1/operations/idempotency/${key}`, server.address), {
    headers: { Authorization: "Bearer ada" },
  });

  expect(await found.json()).toMatchObject({ operation: "optional", status: "COMPLETED" });
});

async function post(path: string, key: string) {
  const headers = { "Idempotency-Key": key, Authorization: "Bearer ada" };
  const answer = await fetch(new URL(path, server.address), { method: "POST", headers, body: "text" });
  return { isReplayed: answer.headers.has("Idempotent-Replayed"), text: await answer.text() };
}
