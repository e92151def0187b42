// The service in front of an API that knows no keys: what reaches the API, and what passes.

import { describe, expect, test } from "vitest";
import { eventually, newKey } from "../harness/client.ts";
import { gateway } from "../harness/gateway.ts";
import { raw, request, statuses } from "../harness/raw.ts";

const api = gateway({ START_PAGE: "on" });
const { upstream } = api;
const send: typeof api.send = (...request) => api.send(...request);
const place = (name: string) => api.place(name);

describe("the API gets", () => {
  test("the operation's id as a key, who asked, and what the policy adds, and nothing that is not meant for it", async () => {
    const path = place("new");
    const key = newKey();

    await send(path, key, { headers: { "X-Private": "p", "X-Forwarded-For": "203.0.113.9", "X-Own": "o" } });

    const fields: Record<string, unknown> = upstream.at(path)[0]!.fields;
    expect(fields["idempotency-key"]).toMatch(/^[0-9a-f-]{36}$/);
    expect(fields["idempotency-key"]).not.toBe(key);
    expect(fields).toMatchObject({ "x-own": "o", "x-added": "by the policy", via: "1.1 edge-idempotency" });
    expect(fields["x-forwarded-host"]).toBe(api.server.address.host);
    expect(fields["x-forwarded-for"]).not.toBe("203.0.113.9");
    expect(fields).not.toHaveProperty("x-private");
  });

  test("nothing while a secret that the policy names is not there, which the log says", async () => {
    const path = "/unset/new";

    const answers = [await send(path, undefined), await send(path, newKey())];

    expect(answers.map(({ status }) => status)).toEqual([503, 503]);
    for (const answer of answers) expect(await answer.text()).not.toContain("X-Api-Key");
    expect(upstream.at(path)).toEqual([]);
    const reasons = () => api.server.logs.filter((line) => JSON.stringify(line).includes("X-Api-Key"));
    await eventually(() => reasons().length >= 2);
  });

  test("no token of this service", async () => {
    const path = "/ours/new";

    await send(path, newKey(), { as: "Bearer ours" });

    expect(upstream.at(path)[0]!.fields).not.toHaveProperty("authorization");
  });

  test("the key as it was sent, in a field of its choice", async () => {
    const key = newKey();

    await send("/as-sent/new", key);

    expect(upstream.at("/as-sent/new")[0]!.fields["x-request-id"]).toBe(key);
  });

  test("a path of its own", async () => {
    await send("/shop/carts/7?a=b", newKey());

    expect(upstream.at("/v2/carts/7?a=b")).toHaveLength(1);
  });

  test("an event once, by the key in its body, whatever else is in it", async () => {
    const event = (id: string, more: object) =>
      send("/event", undefined, {
        body: JSON.stringify({ id, ...more }),
        headers: { "Content-Type": "application/json" },
      });

    const answers = [
      await event("evt_1", { try: 1 }),
      await event("evt_1", { try: 2 }),
      await event("evt_2", {}),
    ];
    const without = await send("/event", undefined, { body: "{}" });

    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201]);
    expect(await answers[1]!.text()).toBe(await answers[0]!.text());
    expect(without.status).toBe(400);
    expect(upstream.at("/event")).toHaveLength(2);
  });
});

describe("everything else", () => {
  test.each(["GET", "PUT", "DELETE", "POST"])(
    "passes, as %s without a key does, as often as it comes",
    async (method) => {
      const path = place("new?status=202");

      const answers = [await send(path, undefined, { method }), await send(path, undefined, { method })];

      expect(answers.map(({ status }) => status)).toEqual([202, 202]);
      for (const answer of answers) expect(answer.headers.get("Idempotent-Replayed")).toBeNull();
      expect(upstream.at(path)).toHaveLength(2);
    },
  );

  test("passes a body that is longer than any that is protected", async () => {
    const body = new Uint8Array(12 << 20).fill(7);
    const path = place("echo");

    const answer = await send(path, undefined, { method: "PUT", body });

    expect((await answer.arrayBuffer()).byteLength).toBe(body.length);
  });

  test("passes the body of a GET, which no page can send and some APIs read", async () => {
    const path = place("new");
    const lines = ["Content-Type: application/json", "Content-Length: 7", "Connection: close"];

    const answer = await raw(api.server.address, request(`GET ${path}`, lines, '{"a":1}'));

    expect(statuses(answer)).toEqual([201]);
    expect(upstream.at(path)).toMatchObject([{ method: "GET", body: Buffer.from('{"a":1}') }]);
  });

  test("passes events as they are sent", async () => {
    const answer = await send(place("events"), undefined, { method: "GET" });

    const reader = answer.body!.getReader();
    const { value } = await reader.read();

    expect(new TextDecoder().decode(value)).toBe("data: 1\n\n");
    await reader.cancel();
  });

  test("says that the API did not answer, if it does not", async () => {
    const answer = await send(place("reset"), undefined, { method: "GET" });

    expect(answer.status).toBe(502);
  });

  test("leaves to the API who may call it from a page of another origin", async () => {
    const path = place("new");
    const headers = { Origin: "https://shop.example", "Access-Control-Request-Method": "POST" };

    const answer = await send(path, undefined, { method: "OPTIONS", headers });

    expect(answer.status).toBe(201);
    expect(upstream.at(path)).toHaveLength(1);
  });

  test("leaves to the API the pages that an API has", async () => {
    for (const path of ["/", "/start/page.js", "/health", "/docs"]) {
      const answer = await send(path, undefined, { method: "GET", headers: { Accept: "text/html" } });
      expect(await answer.text(), path).toContain('"number"');
    }
  });
});
