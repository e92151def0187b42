// The service in front of an API that can be asked what became of a request.

import { describe, expect, test } from "vitest";
import { eventually, newKey } from "../harness/client.ts";
import { gateway } from "../harness/gateway.ts";
import { heldReply } from "../harness/upstream.ts";

const api = gateway();
const { upstream } = api;

describe("a retry of a request without an answer", () => {
  test("gets what the API says that it has done, as every later one does", async () => {
    const { place, key, question } = await unanswered();
    upstream.next.set(question, [{ status: 200, body: "paid" }]);

    const retries = [await api.send(place, key), await api.send(place, key)];

    for (const retry of retries) {
      expect([retry.status, await retry.text()]).toEqual([201, "paid"]);
      expect(retry.headers.get("Idempotent-Replayed")).toBe("true");
    }
    expect(upstream.at(place)).toHaveLength(1);
    expect(upstream.at(question)).toHaveLength(1);
    const line = (message: string) =>
      api.server.logs.find((line) => line["idempotency_key"] === key && line["message"] === message);
    expect(line("Upstream asked for unknown outcome")).toMatchObject({ finding: "done", attempt: 1 });
    expect(line("Outcome of idempotent operation found out")).toMatchObject({ source: "probe" });
  });

  test("asks with what the policy adds, and as its caller", async () => {
    const { place, key, question } = await unanswered();
    upstream.next.set(question, [{ status: 200 }]);

    await api.send(place, key, { headers: { "X-Own": "o", Accept: "application/json" } });

    const asked = upstream.at(question)[0]!;
    expect(asked.method).toBe("GET");
    expect(asked.fields).toMatchObject({
      authorization: "Basic YWRhOng=",
      "x-added": "by the policy",
      accept: "application/json",
      via: "1.1 edge-idempotency",
    });
    expect(asked.fields).not.toHaveProperty("x-own");
    expect(asked.fields).not.toHaveProperty("idempotency-key");
  });

  test("is sent again if the API says that there is nothing, once nothing can come any more", async () => {
    const { place, key, question } = await unanswered();
    const absent = { status: 404 as const };
    upstream.next.set(question, Array(1000).fill(absent));

    const early = await api.send(place, key);
    const sentEarly = upstream.at(place).length;
    let late = early;
    await eventually(async () => (late = await api.send(place, key)).status === 201);

    expect(await early.json()).toMatchObject({ type: "/problems/operation-in-progress", retryable: true });
    expect(sentEarly).toBe(1);
    const sent = upstream.at(place).map(({ fields }) => fields["idempotency-key"]);
    expect(sent).toHaveLength(2);
    expect(new Set(sent).size).toBe(1);
    expect(Date.now() - upstream.at(place)[0]!.at).toBeGreaterThanOrEqual(6000);
  });

  test.each([500, 401, 303, "reset"] as const)(
    "is held if the API says %s, and nothing is sent",
    async (status) => {
      const { place, key, question } = await unanswered();
      upstream.next.set(question, [{ status }]);

      const retry = await api.send(place, key);

      expect(retry.status).toBe(409);
      expect(await retry.json()).toMatchObject({ type: "/problems/outcome-unknown" });
      expect(upstream.at(place)).toHaveLength(1);
    },
  );

  test("is held if the API is silent", async () => {
    const { place, key, question } = await unanswered();
    upstream.next.set(question, [heldReply(200).reply]);

    const retry = await api.send(place, key);

    expect(await retry.json()).toMatchObject({ type: "/problems/outcome-unknown" });
  });

  test("asks once for all that come at the same time", async () => {
    const { place, key, question } = await unanswered();
    const { reply, release } = heldReply(200, "paid");
    upstream.next.set(question, [reply]);

    const retries = Array.from({ length: 5 }, () => api.send(place, key));
    await eventually(() => upstream.at(question).length > 0);
    await Promise.all(Array.from({ length: 10 }, () => api.send(api.place("new"), newKey())));
    release();

    for (const retry of await Promise.all(retries)) expect(await retry.text()).toBe("paid");
    expect(upstream.at(question)).toHaveLength(1);
  });

  test("asks about a request that the runtime's end cut off", async () => {
    const place = path();
    const key = newKey();
    upstream.next.set(place, [heldReply(201).reply]);
    const first = api.send(place, key).catch(() => "cut off");
    await eventually(() => upstream.at(place).length > 0);

    await api.server.kill();
    await first;
    upstream.next.set(questionOf(place, key), [{ status: 200, body: "paid" }]);
    const retry = await api.send(place, key);

    expect(await retry.text()).toBe("paid");
    expect(upstream.at(place)).toHaveLength(1);
  });
});

/** A request that the API has got, and has not answered. */
async function unanswered() {
  const [place, key] = [path(), newKey()];
  upstream.next.set(place, [{ status: "reset" }]);
  const { status } = await api.send(place, key);
  expect(status).toBe(503);
  return { place, key, question: questionOf(place, key) };
}

/** Where the API is asked what became of it. */
function questionOf(place: string, key: string): string {
  return `/found/${key}?id=${upstream.at(place)[0]!.fields["idempotency-key"]}`;
}

function path(): string {
  return `/brief/probe${api.place("new")}`;
}
