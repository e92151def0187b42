// A KV that takes its time: a copy counts when it is used, not when it was asked for.

import { expect, test } from "vitest";
import { newKey, serve } from "../harness/client.ts";
import { copyName, objectName, record, redigested, sealed } from "../harness/objects.ts";

const api = serve({}, { around: "slow-copies.js" });

test("an answer that expires while KV is asked for it is not given", async () => {
  const [known, key] = [newKey(), newKey()];
  await api.create(known);
  const stored = record(api.server, objectName(known))!;
  const soon = stored.replace(/(?<="expires_at":)\d+/, `${Date.now() + 1000}`);
  await (await api.server.kv()).put(copyName(key), sealed(key, redigested(soon)));

  const lost = await api.create(key, { fault: "abort-before" });

  expect(lost.json.type).toBe("/problems/service-unavailable");
  expect(lost.headers.has("Idempotent-Replayed")).toBe(false);
});
