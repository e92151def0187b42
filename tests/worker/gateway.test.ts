// The service in front of an API that knows no keys: what becomes of a request with a key.

import { describe, expect, test } from "vitest";
import { eventually, newKey } from "../harness/client.ts";
import { gateway } from "../harness/gateway.ts";

const api = gateway();
const { upstream } = api;
const send: typeof api.send = (...request) => api.send(...request);
const place = (name: string) => api.place(name);

describe("a request with a key", () => {
  test("reaches the API once, and each retry gets the same bytes", async () => {
    const path = place("new");
    const key = "order 17".replace(" ", "-");

    const first = await send(path, key, { body: '{"a":1}' });
    const retries = [await send(path, key, { body: '{"a":1}' }), await send(path, key, { body: '{"a":1}' })];

    const bytes = await first.text();
    expect(first.status).toBe(201);
    expect(first.headers.get("Idempotent-Replayed")).toBeNull();
    for (const retry of retries) {
      expect([retry.status, await retry.text()]).toEqual([201, bytes]);
      expect(retry.headers.get("Idempotent-Replayed")).toBe("true");
      expect(retry.headers.get("X-Number")).toBe(first.headers.get("X-Number"));
    }
    expect(upstream.at(path)).toHaveLength(1);
  });

  test("reaches the API once, however many come at the same time", async () => {
    const path = `${place("new")}?after=300`;
    const key = newKey();

    const answers = await Promise.all(Array.from({ length: 20 }, () => send(path, key)));

    const statuses = answers.map(({ status }) => status).sort();
    expect(statuses).toEqual([201, ...Array(19).fill(409)]);
    expect(upstream.at(path)).toHaveLength(1);
  });

  test("waits for the first one where the policy says so", async () => {
    const path = "/wait/new?after=500";
    const key = newKey();

    const [first, second] = await Promise.all([send(path, key), send(path, key)]);

    expect([first.status, second.status]).toEqual([201, 201]);
    expect(await second.text()).toBe(await first.text());
    expect(upstream.at(path)).toHaveLength(1);
  });

  test("is refused if another request had it, and does not reach the API", async () => {
    const path = place("new");
    const key = newKey();
    await send(path, key, { body: "one" });

    const other = await send(path, key, { body: "two" });

    expect(other.status).toBe(422);
    expect(((await other.json()) as { type: string }).type).toBe("/problems/request-mismatch");
    expect(upstream.at(path)).toHaveLength(1);
  });

  test("is compared by its meaning if it is JSON, and by its bytes otherwise", async () => {
    const path = place("new");
    const [json, text] = [newKey(), newKey()];
    const typed = (key: string, body: string, type: string) =>
      send(path, key, { body, headers: { "Content-Type": type } });
    await typed(json, '{"a":1,"b":2}', "application/merge-patch+json");
    await typed(text, '{"a":1,"b":2}', "text/plain");

    const same = await typed(json, '{ "b": 2.0, "a": 1 }', "application/merge-patch+json");
    const other = await typed(text, '{ "b": 2.0, "a": 1 }', "text/plain");

    expect([same.status, other.status]).toEqual([201, 422]);
  });

  test("is compared by its parts if it has several, whatever boundary a client makes", async () => {
    const path = place("new");
    const key = newKey();
    const form = (text: string) => {
      const body = new FormData();
      body.set("text", text);
      body.set("file", new File([new Uint8Array([0, 13, 10, 255])], "a.bin"));
      return body;
    };

    const answers = [
      await send(path, key, { body: form("one") }),
      await send(path, key, { body: form("one") }),
      await send(path, key, { body: form("two") }),
    ];

    expect(answers.map(({ status }) => status)).toEqual([201, 201, 422]);
    expect(upstream.at(path)).toHaveLength(1);
  });

  test("is another caller's if another Authorization comes with it", async () => {
    const path = place("new");
    const key = newKey();

    const [ada, eve] = [await send(path, key), await send(path, key, { as: "Basic ZXZlOng=" })];

    expect(await eve.text()).not.toBe(await ada.text());
    expect(upstream.at(path)).toHaveLength(2);
  });

  test("survives the end of the runtime with its answer", async () => {
    const path = place("new");
    const key = newKey();
    const first = await (await send(path, key)).text();

    await api.server.kill();
    const retry = await send(path, key);

    expect(await retry.text()).toBe(first);
    expect(upstream.at(path)).toHaveLength(1);
  });
});

describe("an answer", () => {
  test.each([200, 204, 303, 404, 422, 409])("of status %i is final", async (status) => {
    const path = `${place("new")}?status=${status}`;
    const key = newKey();

    const answers = [await send(path, key), await send(path, key)];

    expect(answers.map(({ status }) => status)).toEqual([status, status]);
    expect(upstream.at(path)).toHaveLength(1);
  });

  // Not 421, after which the client of these tests asks again by itself.
  test.each([401, 403, 425, 429, 501, 505])(
    "of status %i says that nothing was done: it is passed on, and the key is free",
    async (status) => {
      const path = `${place("new")}?status=${status}`;
      const key = newKey();

      const answers = [await send(path, key), await send(path, key)];

      expect(answers.map(({ status }) => status)).toEqual([status, status]);
      expect(await answers[0]!.text()).toContain('"number"');
      expect(upstream.at(path)).toHaveLength(2);
    },
  );

  test.each([500, 502, 503, 504])(
    "of status %i is passed on once, and the request is not sent again",
    async (status) => {
      const path = `${place("new")}?status=${status}`;
      const key = newKey();

      const [first, retry] = [await send(path, key), await send(path, key)];

      expect(first.status).toBe(status);
      expect(await first.text()).toContain('"number"');
      expect(retry.status).toBe(409);
      expect(await retry.json()).toMatchObject({ type: "/problems/outcome-unknown", retryable: false });
      expect(upstream.at(path)).toHaveLength(1);
    },
  );

  test.each(["reset", "cut"])("that does not come whole, %s, leaves the key held", async (end) => {
    const path = place(end);
    const key = newKey();

    const [first, retry] = [await send(path, key), await send(path, key)];

    expect([first.status, retry.status]).toEqual([502, 409]);
    expect(await first.json()).toMatchObject({ type: "/problems/outcome-unknown" });
    expect(upstream.at(path)).toHaveLength(1);
  });

  test("that does not come whole has the request sent again with the same key where the API honors it", async () => {
    const path = "/resend/reset";
    const key = newKey();

    const answers = [await send(path, key), await send(path, key)];

    expect(answers.map(({ status }) => status)).toEqual([503, 503]);
    const sent = upstream.at(path).map(({ fields }) => fields["idempotency-key"]);
    expect(sent).toHaveLength(2);
    expect(new Set(sent).size).toBe(1);
    expect(sent[0]).not.toBe(key);
  });

  test("that nobody knows is said by an operator, who finds the key by its caller's scope", async () => {
    const path = place("reset");
    const key = newKey();
    await send(path, key);
    const logged = () => api.server.logs.find((line) => line["idempotency_key"] === key && line["caller"]);
    await eventually(() => logged() !== undefined);
    const scope = String(logged()!["caller"]).replace("scope ", "");
    const resolution = new URL(
      `/api/v1/operations/idempotency/${key}/resolution?scope=${scope}`,
      api.server.address,
    );
    const said = {
      as: "completed",
      answer: { status: 201, headers: [["X-Number", "by hand"]], body: "done" },
    };

    const resolved = await fetch(resolution, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(said),
    });
    const retry = await send(path, key);

    expect(resolved.status).toBe(200);
    expect([retry.status, await retry.text(), retry.headers.get("X-Number")]).toEqual([
      201,
      "done",
      "by hand",
    ]);
    expect(upstream.at(path)).toHaveLength(1);
  });

  test("comes with each of several cookies to the first request alone", async () => {
    const path = place("cookies");
    const key = newKey();

    const [first, retry] = [await send(path, key), await send(path, key)];

    expect(first.headers.getSetCookie()).toEqual(["a=1", "b=2"]);
    expect(retry.headers.getSetCookie()).toEqual([]);
    expect(await retry.text()).toBe("with cookies");
  });

  test("that was compressed is whole, and says nothing of how it was", async () => {
    const key = newKey();
    const path = place("gzip");

    const answers = [await send(path, key), await send(path, key)];

    for (const answer of answers) {
      expect(await answer.text()).toBe("unpacked");
      expect(answer.headers.get("ETag")).toBe('W/"v1"');
    }
  });

  test("that leads to the API leads here", async () => {
    const answer = await send(place("redirect"), newKey());

    expect(answer.headers.get("Location")).toBe(new URL("/orders/7", api.server.address).href);
  });

  test("and its request keep every byte", async () => {
    const body = new Uint8Array(100_000).map((_, at) => (at * 7) % 256);
    const key = newKey();
    const path = place("echo");
    const ask = () => send(path, key, { body, headers: { "Content-Type": "application/octet-stream" } });

    const answers = [await ask(), await ask()];

    for (const answer of answers) {
      expect(new Uint8Array(await answer.arrayBuffer())).toEqual(body);
      expect(answer.headers.get("Content-Type")).toBe("application/octet-stream");
    }
    expect(upstream.at(path)).toHaveLength(1);
  });
});
