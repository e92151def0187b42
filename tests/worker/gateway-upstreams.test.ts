// The gateway in front of APIs that were not made for these tests: Python's http.server, httpbin behind gunicorn, and
// another Worker by a service binding.

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventually, newKey } from "../harness/client.ts";
import { type Server, startServer } from "../harness/server.ts";
import { type RealUpstream, startHttpbin, startPayments } from "../harness/upstreams.ts";

const ROOT = join(import.meta.dirname, "../../crates/gateway");
const SHOP = join(import.meta.dirname, "../upstreams/shop.js");

describe("Python's http.server", () => {
  const python = behind(startPayments);

  test("is paid once, and each retry gets the first receipt", () => isPaidOnce(python, "/payments", 201));

  test.each(["/gzip", "/deflate", "/redirect", "/empty", "/refused", "/slow"])(
    "is asked once for %s, and each retry gets the same",
    (path) => isPaidOnce(python, path),
  );

  test("has its redirect lead here", async () => {
    const answer = await python.post("/redirect", newKey());

    expect(answer.headers.get("Location")).toMatch(
      new RegExp(`^${python.server.address.origin}/payments/\\d+$`),
    );
  });

  test.each(["gzip", "deflate"])(
    "has its %s unpacked by whoever reads it, with or without a key",
    async (coding) => {
      const passed = await python.call(`/${coding}`);
      const [first, retry] = await twice(python, `/${coding}`);

      expect(passed.text).toBe("unpacked");
      expect(JSON.parse(first.text)).toEqual({ number: expect.any(Number), body: "amount=5" });
      expect(retry.text).toBe(first.text);
    },
  );

  test("has its stream and its HEAD passed", async () => {
    const [stream, head] = [await python.call("/stream"), await python.call("/payments", { method: "HEAD" })];

    expect(stream.text).toBe("0\n1\n2\n");
    expect([head.status, head.text, head.headers.get("ETag")]).toEqual([200, "", '"v1"']);
  });
});

describe("httpbin", () => {
  const httpbin = behind(startHttpbin);

  test.each([
    ["/post", 200],
    ["/status/201", 201],
    ["/status/204", 204],
    ["/status/404", 404],
    ["/redirect-to?url=/get&status_code=307", 307],
    ["/delay/1", 200],
  ])("is asked once for POST %s, and each retry gets the same %i", (path, status) =>
    isPaidOnce(httpbin, path, status),
  );

  test("gets the key, the body and the fields of the request", async () => {
    const key = newKey();

    const { text } = await httpbin.post(
      "/post?show_env=1",
      key,
      { "Content-Type": "application/json" },
      '{"amount":5}',
    );

    const { json, headers } = JSON.parse(text);
    expect(json).toEqual({ amount: 5 });
    expect(headers["Idempotency-Key"]).toMatch(/^[0-9a-f-]{36}$/);
    expect(headers["Idempotency-Key"]).not.toBe(key);
    expect(headers["Via"]).toBe("1.1 edge-idempotency");
  });

  test.each(["gzip", "deflate", "brotli"])("has its %s unpacked by whoever reads it", async (coding) => {
    const { status, text } = await httpbin.call(`/${coding}`);

    expect(status).toBe(200);
    expect(JSON.parse(text)).toMatchObject({ method: "GET" });
  });

  test("has its streams passed as they come", async () => {
    const { text } = await httpbin.call("/stream/5");
    const dripped = await fetch(new URL("/drip?numbytes=3&duration=2&delay=0", httpbin.server.address));
    const parts: string[] = [];
    for await (const part of dripped.body!.pipeThrough(new TextDecoderStream())) parts.push(part);

    expect(text.trim().split("\n")).toHaveLength(5);
    expect(parts).toEqual(["*", "*", "*"]);
  });

  test("has what is not protected passed: HEAD, errors, redirects, bytes, the fields of a cache", async () => {
    const head = await httpbin.call("/get", { method: "HEAD" });
    const teapot = await httpbin.call("/status/418");
    const redirect = await httpbin.call("/redirect-to?url=/get");
    const unchanged = await httpbin.call("/etag/v1", { headers: { "If-None-Match": '"v1"' } });
    const put = await httpbin.call("/put", { method: "PUT", body: "text" });

    expect([head.status, head.text]).toEqual([200, ""]);
    expect([teapot.status, redirect.status, unchanged.status, put.status]).toEqual([418, 302, 304, 200]);
    expect(JSON.parse(put.text)).toMatchObject({ data: "text" });
  });

  test("whose error leaves open what it did is asked no more", async () => {
    const key = newKey();
    const before = httpbin.requests("POST", "/status/503");

    const [first, retry] = [await httpbin.post("/status/503", key), await httpbin.post("/status/503", key)];

    expect([first.status, retry.status]).toEqual([503, 409]);
    await eventually(async () => httpbin.requests("POST", "/status/503") > before);
    expect(httpbin.requests("POST", "/status/503") - before).toBe(1);
  });
});

describe("another Worker, by a service binding", () => {
  const shop = behind();

  test("is asked once, and each retry gets the first receipt", () => isPaidOnce(shop, "/orders", 201));

  test.each(["/redirect", "/empty", "/refused", "/slow"])(
    "is asked once for %s, and each retry gets the same",
    (path) => isPaidOnce(shop, path),
  );

  test("has its redirect lead here, its stream and its HEAD passed", async () => {
    const redirect = await shop.post("/redirect", newKey());
    const [stream, head] = [await shop.call("/stream"), await shop.call("/orders", { method: "HEAD" })];

    expect(redirect.headers.get("Location")).toMatch(
      new RegExp(`^${shop.server.address.origin}/orders/\\d+$`),
    );
    expect(stream.text).toBe("0\n1\n2\n");
    expect([head.status, head.text, head.headers.get("ETag")]).toEqual([200, "", '"v1"']);
  });
});

type Answer = { status: number; text: string; headers: Headers };

class Behind {
  server!: Server;
  upstream: RealUpstream | undefined;

  async call(path: string, init: RequestInit = {}): Promise<Answer> {
    const answer = await fetch(new URL(path, this.server.address), { redirect: "manual", ...init });
    return { status: answer.status, text: await answer.text(), headers: answer.headers };
  }

  post(path: string, key: string, more: Record<string, string> = {}, body = "amount=5"): Promise<Answer> {
    const headers = { "Idempotency-Key": key, Authorization: "Basic YWRhOng=", ...more };
    return this.call(path, { method: "POST", headers, body });
  }

  /** Of a Worker, its own list; of a program, what it prints. */
  async effects(path: string): Promise<number> {
    if (this.upstream) return this.upstream.requests("POST", path);
    const orders: string[] = JSON.parse((await this.call("/")).text);
    return orders.filter((order) => order === path).length;
  }

  requests(method: string, path: string): number {
    return this.upstream!.requests(method, path);
  }
}

/** A gateway in front of what `start` starts, or of the Worker of a service binding. */
function behind(start?: () => Promise<RealUpstream>): Behind {
  const behind = new Behind();
  beforeAll(async () => {
    behind.upstream = await start?.();
    const api = behind.upstream ? { url: behind.upstream.url } : { binding: "SHOP" };
    const route = {
      match: { path: "/{*rest}" },
      upstream: "api",
      caller: "header:Authorization",
      key: { required: false },
    };
    const policy = { upstreams: { api }, routes: [route], default: { pass: "api" } };
    const services: Record<string, string> = behind.upstream ? {} : { SHOP: await readFile(SHOP, "utf8") };
    behind.server = await startServer({}, { root: ROOT, policy, services });
  });
  afterAll(async () => {
    await behind.server?.stop();
    await behind.upstream?.stop();
  });
  return behind;
}

async function twice(behind: Behind, path: string): Promise<[Answer, Answer]> {
  const key = newKey();
  return [await behind.post(path, key), await behind.post(path, key)];
}

async function isPaidOnce(behind: Behind, path: string, status?: number) {
  const [pathname = ""] = path.split("?");
  const before = await behind.effects(pathname);

  const [first, retry] = await twice(behind, path);

  if (status !== undefined) expect(first.status).toBe(status);
  expect(first.headers.has("Idempotent-Replayed")).toBe(false);
  expect(retry.headers.get("Idempotent-Replayed")).toBe("true");
  expect([retry.status, retry.text]).toEqual([first.status, first.text]);
  for (const name of ["Content-Type", "Content-Encoding", "Location"])
    expect(retry.headers.get(name)).toBe(first.headers.get(name));
  await eventually(async () => (await behind.effects(pathname)) > before);
  expect((await behind.effects(pathname)) - before).toBe(1);
}
