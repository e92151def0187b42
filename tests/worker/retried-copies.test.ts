// REPLAY_COPIES=retried: a copy in KV only of an answer that was asked for again. Writes are counted where KV is asked
// for them, until nothing goes on after the answers.

import { describe, expect, test } from "vitest";
import { type Counted, withCounted } from "../../bench/bill/counted.ts";
import { eventually, newKey } from "../harness/client.ts";
import { copyName, forget, objectName } from "../harness/objects.ts";
import type { Variables } from "../harness/server.ts";

const REPLAYED = "Returning cached result";

describe("a copy", () => {
  test("is not written by a first request, nor by a replay from memory", () =>
    retried(async (api) => {
      const key = newKey();

      const first = await writes(api, () => api.create(key));
      const replay = await writes(api, () => api.create(key));

      expect([first, replay]).toEqual([0, 0]);
      expect(await sources(api, key, 1)).toEqual(["memory"]);
    }));

  test("is not written by a retry that executes the operation, since the first one failed", () =>
    retried(async (api) => {
      const key = newKey();
      await api.create(key, { fault: "fail-after" });

      expect(await writes(api, () => api.create(key))).toBe(0);
    }));

  test("is written by the first replay that the object answers in an isolate, and by no later one", () =>
    retried(async (api) => {
      const key = newKey();
      await api.create(key);
      await api.server.restart();

      const replay = await writes(api, () => api.create(key));
      const later = await writes(api, () => api.create(key));

      expect([replay, later]).toEqual([1, 0]);
      expect(await sources(api, key, 2)).toEqual(["object", "memory"]);
    }));

  test("is written once by retries that wait for the first request together", () =>
    retried(async (api) => {
      const key = newKey();

      const written = await writes(api, async () => {
        const first = api.create(key, { fault: "delay=700" });
        await api.isRunning(key);
        await Promise.all([first, ...[1, 2, 3].map(() => api.create(key, { wait: 10 }))]);
      });

      expect(written).toBe(1);
      expect(await sources(api, key, 3)).toEqual(["object", "object", "object"]);
    }));

  test("is written by each replay where the isolate keeps no answers", () =>
    retried(
      async (api) => {
        const key = newKey();
        await api.create(key);

        const replays = [await writes(api, () => api.create(key)), await writes(api, () => api.create(key))];

        expect(replays).toEqual([1, 1]);
      },
      { REPLAY_MEMORY_BYTES: 0 },
    ));

  test.each([
    ["is slow", "delay=10000"],
    ["cannot be reached", "abort-before"],
  ])("answers when the object %s", (_, fault) =>
    retried(async (api) => {
      const key = newKey();
      const first = await api.create(key);
      await api.server.restart();
      await api.count(() => api.create(key));
      await api.server.restart(() => forget(api.server, objectName(key)));

      const replay = await api.create(key, { fault });

      expect([replay.status, replay.text]).toEqual([201, first.text]);
      expect(replay.headers.get("Idempotent-Replayed")).toBe("true");
      expect(await sources(api, key, 2)).toEqual(["object", "kv"]);
    }),
  );

  test("is missing for a first retry that the object cannot answer", () =>
    retried(async (api) => {
      const key = newKey();
      await api.create(key);
      await api.server.restart(() => forget(api.server, objectName(key)));

      const retry = await api.create(key, { fault: "abort-before" });

      expect(retry.json.type).toBe("/problems/service-unavailable");
    }));

  test("is deleted when an operator has the key forgotten", () =>
    retried(async (api) => {
      const key = newKey();
      await api.create(key);
      await api.server.restart();
      await api.count(() => api.create(key));
      const copy = async () => (await api.server.kv()).get(copyName(key));
      expect(await copy()).not.toBeNull();

      const path = `/api/v1/operations/idempotency/${key}/resolution`;
      await api.call(path, { method: "POST", payload: { as: "forgotten" } });

      expect(await copy()).toBeNull();
    }));
});

function retried(use: (api: Counted) => Promise<void>, vars: Variables = {}): Promise<void> {
  return withCounted({ REPLAY_COPIES: "retried", TELEMETRY_OBJECTS: "0", ...vars }, use);
}

/** How many writes KV is asked for by `act` and by what goes on after it. */
async function writes(api: Counted, act: () => Promise<unknown>): Promise<number> {
  return (await api.count(act)).kvWrites ?? 0;
}

/** Where these many replays of a key came from. */
async function sources(api: Counted, key: string, replays: number) {
  const lines = () =>
    api.server.logs.filter((line) => line.message === REPLAYED && line.idempotency_key === key);
  await eventually(() => lines().length >= replays);
  return lines().map(({ source }) => source);
}
