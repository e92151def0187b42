// Somebody who can write to KV: with a secret that only the Worker has, what they write is no copy.

import { describe, expect, test } from "vitest";
import { eventually, newKey, serve } from "../harness/client.ts";
import { copyName, forget, objectName, redigested, sealed } from "../harness/objects.ts";

const SECRET = "0123456789abcdef0123456789abcdef";
const api = serve({ REPLAY_SECRET: SECRET });

describe("a copy in KV", () => {
  test("that the Worker has made answers when the object is away", async () => {
    const key = newKey();
    const first = await api.create(key);
    await copyOf(key);
    await api.server.restart(() => forget(api.server, objectName(key)));

    const replay = await api.create(key, { fault: "abort-before" });

    expect(replay.headers.get("Idempotent-Replayed")).toBe("true");
    expect(replay.text).toBe(first.text);
  });

  test.each<[string, (key: string, record: string) => string]>([
    ["without the secret", (key, record) => sealed(key, record)],
    ["with another secret", (key, record) => sealed(key, record, "f".repeat(32))],
    [
      "with the seal of the copy before",
      (key, record) => sealed(key, record, SECRET).replace("Lathe", "Press"),
    ],
  ])("that somebody has made %s changes nothing", async (_, forge) => {
    const [known, key] = [newKey(), newKey()];
    await api.create(known);
    const record = (await copyOf(known)).replace(/^.*\n/, "");
    await (await api.server.kv()).put(copyName(key), forge(key, redigested(record)));

    const lost = await api.create(key, { fault: "abort-before" });
    const retry = await api.create(key);

    expect(lost.json.type).toBe("/problems/service-unavailable");
    await api.logged({ idempotency_key: key, message: "Replay copy failed" });
    expect(retry.status).toBe(201);
    expect(retry.headers.has("Idempotent-Replayed")).toBe(false);
  });

  test("is sealed with the secret", async () => {
    const key = newKey();
    await api.create(key);

    const copy = await copyOf(key);

    expect(copy).toBe(sealed(key, copy.replace(/^.*\n/, ""), SECRET));
    expect(copy).not.toContain(SECRET);
  });
});

/** What KV holds for a key, as soon as it does. */
async function copyOf(key: string): Promise<string> {
  const kv = await api.server.kv();
  await eventually(async () => (await kv.get(copyName(key), "text")) !== null);
  return (await kv.get(copyName(key), "text"))!;
}
