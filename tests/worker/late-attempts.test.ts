// An attempt that outlives its deadline: when it ends, another has taken its place.

import { describe, expect, test } from "vitest";
import { eventually, newKey, serve } from "../harness/client.ts";
import { objectName, record } from "../harness/objects.ts";

/** The deadline is later than KV is asked, where the first client would find its successor's answer. */
const api = serve({ ATTEMPT_DEADLINE_SECONDS: "2" });

describe.concurrent("an attempt that ends after another was completed in its place", () => {
  test.each(["with the effect", "with a failure"])("%s changes nothing, and is not told", async (end) => {
    const key = newKey();
    const fault = end === "with a failure" ? "overrun,delay=6000,fail-after" : "overrun,delay=6000";
    const late = api.create(key, { fault, wait: 20 });
    await isGivenUp(key);
    const successor = await api.create(key);
    const kept = record(api.server, objectName(key));

    const answer = await late;

    expect(successor.status).toBe(201);
    expect(kept).toContain(successor.text);
    expect(answer.status).toBe(503);
    expect(answer.json).toMatchObject({ type: "/problems/operation-failed", retryable: true });
    expect(record(api.server, objectName(key))).toBe(kept);
    expect((await api.status(key)).json).toMatchObject({ status: "COMPLETED", attempts: 2 });
    expect((await api.create(key)).text).toBe(successor.text);
    expect(await api.rows(key)).toHaveLength(1);
  });
});

/** Waits until an attempt with this key has run and is past its deadline. */
async function isGivenUp(key: string): Promise<void> {
  await api.isRunning(key);
  await eventually(async () => (await api.status(key)).json?.status === "FAILED");
}
