// Exceptions of JavaScript that come through Rust's frames: they end the wasm instance, as a panic does.

import { describe, expect, test } from "vitest";
import { eventually, newKey, serve } from "../harness/client.ts";
import { change, instance, WATCHED } from "../harness/instance.ts";

// Nothing is counted, so that what is to fail is called by the requests alone.
const api = serve({ TELEMETRY_OBJECTS: "0" }, WATCHED);

describe("an exception that comes through Rust", () => {
  test("at once is answered, and so is whoever is under way", async () => {
    const others = await running(3);
    await change(api, { overflow: "head" });

    const key = newKey();
    const lost = await api.create(key);

    await areLost([lost, ...(await others.answers)]);
    await canBeRepeated([key, ...others.keys]);
  });

  test("after a wait, in an object, is answered, and so is whoever is under way", async () => {
    const others = await running(3);
    const key = newKey();
    const slow = api.create(key, { fault: "delay=500" });
    await api.isRunning(key);
    await change(api, { overflow: "now" });

    const lost = await slow;

    await areLost([lost, ...(await others.answers)]);
    await canBeRepeated([key, ...others.keys]);
  });

  test("is reported once, and starts one new instance", async () => {
    const before = await instance(api);
    const reported = api.server.noise.length;
    await change(api, { overflow: "head" });
    const lost = await api.create(newKey());

    await api.create(newKey());

    expect(lost.status).toBe(503);
    expect((await instance(api)).instances).toBe(before.instances + 1);
    const reports = () => api.server.noise.slice(reported).filter((line) => line.includes("RangeError"));
    await eventually(() => reports().length > 0);
    expect(reports()).toHaveLength(1);
  });
});

describe("an exception that Rust catches", () => {
  test("ends nothing", async () => {
    const before = await instance(api);
    const others = await running(1, "delay=1500");
    await change(api, { fail: "setAlarm" });
    const key = newKey();

    const failed = await api.create(key);

    expect([failed.status, failed.json.retryable]).toEqual([503, true]);
    // Nothing was stored that no alarm would delete.
    expect((await api.status(key)).status).toBe(404);
    expect((await others.answers)[0]!.status).toBe(201);
    expect((await instance(api)).instances).toBe(before.instances);
  });
});

/** Requests whose attempts run. */
async function running(count: number, fault = "delay=20000") {
  const keys = Array.from({ length: count }, newKey);
  const answers = Promise.all(keys.map((key) => api.create(key, { fault })));
  await Promise.all(keys.map((key) => api.isRunning(key)));
  return { keys, answers };
}

async function areLost(answers: Awaited<ReturnType<typeof api.create>>[]) {
  for (const { status, json } of answers)
    expect([status, json.type]).toEqual([503, "/problems/service-unavailable"]);
}

async function canBeRepeated(keys: string[]) {
  const retries = await Promise.all(keys.map((key) => api.create(key)));
  expect(retries.map(({ status }) => status)).toEqual(keys.map(() => 201));
  for (const key of keys) expect(await api.rows(key)).toHaveLength(1);
}
