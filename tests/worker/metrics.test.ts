// What is counted, and that it is counted to the request.

import { spawnSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { AUDIT_LOG, Client, eventually, newKey, serve, TRANSACTIONS } from "../harness/client.ts";
import { startServer, type Variables } from "../harness/server.ts";

const ROOT = join(import.meta.dirname, "../..");

describe("a keyed request", () => {
  const api = serve();

  test("is counted once, by its operation and by what became of it", async () => {
    const [key, failing, running] = [newKey(), newKey(), newKey()];
    await api.create(key);
    await api.create(key);
    await api.create(key, { payload: { name: "another" } });
    await api.create(newKey(), { payload: {} });
    await api.create("nonsense");
    await api.call("/api/v1/operations/resources", { method: "POST", payload: { name: "a" } });
    await api.create(newKey(), { headers: { Authorization: "Basic YTpi" } });
    await api.create(failing, { fault: "fail-after" });
    await api.create(failing);
    await api.create(newKey(), { fault: "abort-before" });
    const slow = api.post(TRANSACTIONS, running, { fault: "delay=1000" });
    await api.isRunning(running);
    await api.post(TRANSACTIONS, running);
    await slow;
    await api.post(AUDIT_LOG, newKey());

    await eventually(async () => (await metrics(api)).sum("idempotency_requests_total") === 13);

    const counted = await metrics(api);
    const requests = (operation: string, outcome: string) =>
      counted.value("idempotency_requests_total", { operation, outcome });
    for (const [outcome, count] of Object.entries({
      executed: 2,
      replayed: 1,
      mismatch: 1,
      validation_failed: 1,
      key_invalid: 1,
      key_missing: 1,
      unauthorized: 1,
      failed: 1,
      unavailable: 1,
    }))
      expect(requests("create_resource", outcome), outcome).toBe(count);
    expect(requests("create_transaction", "executed")).toBe(1);
    expect(requests("create_transaction", "in_progress")).toBe(1);
    expect(requests("create_audit_log", "executed")).toBe(1);
    expect(counted.value("idempotency_replays_total", { source: "memory" })).toBe(1);
    expect(counted.value("idempotency_attempts_recovered_total")).toBe(1);
    expect(counted.value("idempotency_replay_ratio")).toBe(0.2);
    expect(
      counted.value("idempotency_operation_duration_seconds_count", { operation: "create_transaction" }),
    ).toBe(1);
    expect(
      counted.value("idempotency_operation_duration_seconds_sum", { operation: "create_transaction" }),
    ).toBeGreaterThanOrEqual(1);
  });
});

describe("the text of the metrics", () => {
  const api = serve();

  test("is taken by Prometheus' own check", async () => {
    const key = newKey();
    await api.create(key);
    await api.create(key);
    await eventually(async () => (await metrics(api)).sum("idempotency_requests_total") === 2);
    const answer = await api.call("/metrics");

    const promtool = await readFile(join(ROOT, ".tools/promtool.path"), "utf8");
    const check = spawnSync(promtool, ["check", "metrics"], {
      cwd: ROOT,
      input: answer.text,
      encoding: "utf8",
    });

    expect(answer.headers.get("Content-Type")).toBe("text/plain; version=0.0.4; charset=utf-8");
    expect(`${check.stdout}${check.stderr}`).toBe("");
    expect(check.status).toBe(0);
  });
});

describe("records", () => {
  const api = serve({ IDEMPOTENCY_TTL_SECONDS: "3" });

  test("are counted by status, with what they take, and as expired when they are", async () => {
    await api.create(newKey(), { fault: "fail-before" });
    const stored = api.post(AUDIT_LOG, newKey());
    const slow = api.post(AUDIT_LOG, newKey(), { fault: "delay=2500" });
    await stored;
    await eventually(async () => {
      const counted = await metrics(api);
      const records = (status: string) => counted.value("idempotency_records", { status });
      return records("FAILED") === 1 && records("COMPLETED") === 1 && records("PROCESSING") === 1;
    });
    expect((await metrics(api)).value("idempotency_stored_bytes")).toBeGreaterThan(500);
    await slow;

    await eventually(async () => {
      const counted = await metrics(api);
      return counted.value("idempotency_records_expired_total") === 1;
    });

    expect((await metrics(api)).value("idempotency_records", { status: "FAILED" })).toBe(0);
    expect((await metrics(api)).value("idempotency_records", { status: "COMPLETED" })).toBe(2);
  });
});

describe("what was counted", () => {
  test("is there after the runtime was killed, but for the last second", async () => {
    const api = await serveWith({});
    for (let request = 0; request < 20; request++) await api.create(newKey());
    await eventually(async () => (await metrics(api)).sum("idempotency_requests_total") === 20);

    await api.server.kill();
    await api.create(newKey());

    await eventually(async () => (await metrics(api)).sum("idempotency_requests_total") === 21);
  });

  test("is added up by several objects where one is not enough", async () => {
    const api = await serveWith({ TELEMETRY_OBJECTS: "3" });
    for (let second = 0; second < 4; second++) {
      await Promise.all(Array.from({ length: 10 }, () => api.create(newKey())));
      await eventually(
        async () => (await metrics(api)).sum("idempotency_requests_total") === (second + 1) * 10,
      );
    }
  });

  test("is nothing if nothing is to be counted", async () => {
    const api = await serveWith({ TELEMETRY_OBJECTS: "0" });
    await api.create(newKey());

    const answer = await api.call("/metrics");

    expect(answer.status).toBe(404);
    expect(answer.json.detail).toContain("TELEMETRY_OBJECTS");
  });
});

async function serveWith(vars: Variables) {
  const client = new Client();
  client.server = await startServer(vars);
  onTestFinished(() => client.server.stop());
  return client;
}

/** The samples of /metrics. */
async function metrics(api: Client) {
  const { text } = await api.call("/metrics");
  const samples = text
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => {
      const [, name, labels = "", value] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line)!;
      return {
        name,
        labels: Object.fromEntries(
          [...labels.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name, value]),
        ),
        value: Number(value),
      };
    });
  return {
    sum: (name: string) =>
      samples.filter((sample) => sample.name === name).reduce((sum, { value }) => sum + value, 0),
    value: (name: string, labels: Record<string, string> = {}) =>
      samples.find(
        (sample) =>
          sample.name === name &&
          Object.entries(labels).every(([label, value]) => sample.labels[label] === value),
      )?.value,
  };
}
