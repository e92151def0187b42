// What is told of keys that an API has left ambiguous, and of how it answers: metrics, and an alert.

import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Client, eventually, newKey } from "../harness/client.ts";
import { gateway } from "../harness/gateway.ts";

const ROOT = join(import.meta.dirname, "../..");
const ROUTE = "POST PATCH /{*rest}";

const told: { event: string; alert: Alert }[] = [];
const webhook = createServer(async (request, response) => {
  let text = "";
  for await (const chunk of request) text += chunk;
  told.push(JSON.parse(text));
  response.writeHead(204).end();
});
const vars: Record<string, string> = { ALERT_RULES: JSON.stringify({ ambiguous_s: 2, failure_share: 1 }) };
beforeAll(async () => {
  webhook.listen(0, "127.0.0.1");
  await once(webhook, "listening");
  vars.ALERT_WEBHOOK_URL = `http://127.0.0.1:${(webhook.address() as AddressInfo).port}/`;
});
const behind = gateway(vars);
const api = new Client();
beforeAll(() => {
  api.server = behind.server;
});
afterAll(() => {
  webhook.close();
  webhook.closeAllConnections();
});

test("a key that is held for too long raises an alert, which clears when it is resolved", async () => {
  const [key, caller] = [newKey(), "Basic Ym9iOg=="];
  await behind.send(behind.place("reset"), key, { as: caller });

  await eventually(async () => (await alerts()).length === 1);
  const [alert] = await alerts();
  await eventually(() => told.length === 1);

  expect(alert).toMatchObject({
    rule: "ambiguous_s",
    about: "api",
    threshold: 2,
    why: "1 key has been AMBIGUOUS for 2 s or more.",
  });
  expect(told[0]).toMatchObject({ event: "alert.raised", alert: { rule: "ambiguous_s", about: "api" } });
  await resolve(key);
  await eventually(async () => (await alerts()).length === 0);
  await eventually(() => told.length === 2);
  expect(told[1]).toMatchObject({ event: "alert.cleared", alert: { rule: "ambiguous_s", about: "api" } });
});

test("held keys are counted by operation and upstream, with the age of the oldest, until they are resolved", async () => {
  const keys = [newKey(), newKey()];
  for (const key of keys) await behind.send(behind.place("cut"), key);

  const number = `idempotency_ambiguous_records{operation="${ROUTE}",upstream="api"}`;
  const age_s = `idempotency_ambiguous_oldest_age_seconds{operation="${ROUTE}",upstream="api"}`;
  await eventually(async () => (await value(number)) === 2);
  await eventually(async () => (await value(age_s)) >= 1);
  const text = await metrics();
  for (const key of keys) await resolve(key);

  await eventually(async () => (await value(number)) === 0);
  expect(await value(age_s)).toBe(0);
  const promtool = await readFile(join(ROOT, ".tools/promtool.path"), "utf8");
  const check = spawnSync(promtool, ["check", "metrics"], { cwd: ROOT, input: text, encoding: "utf8" });
  expect(`${check.stdout}${check.stderr}`).toBe("");
  expect(check.status).toBe(0);
});

test("protected requests are counted by how the API answers, and those that pass are not", async () => {
  const number = (answer: string) =>
    value(`idempotency_upstream_requests_total{upstream="api",answer="${answer}"}`);
  const answers = ["2xx", "3xx", "4xx", "5xx", "timeout", "network_error"];
  const before = await Promise.all(answers.map(number));

  await behind.send(behind.place("new"), newKey());
  await behind.send(behind.place("new"), undefined);
  await behind.send(behind.place("redirect"), newKey());
  for (const status of [404, 500]) await behind.send(`${behind.place("new")}?status=${status}`, newKey());
  await behind.send(`${behind.place("new")}?after=60000`, newKey());
  await behind.send(behind.place("reset"), newKey());

  await eventually(async () => {
    const counted = await Promise.all(answers.map(number));
    return counted.every((count, at) => count === before[at]! + 1);
  });
});

interface Alert {
  rule: string;
  about?: string;
}

const alerts = async (): Promise<Alert[]> => (await api.call("/api/v1/alerts")).json.alerts;

const metrics = async () => (await api.call("/metrics")).text;

async function value(sample: string): Promise<number> {
  const line = (await metrics()).split("\n").find((line) => line.startsWith(`${sample} `));
  return Number(line?.slice(sample.length) ?? 0);
}

/** Says that it failed, with the scope that the log has. */
async function resolve(key: string) {
  const [line] = await api.logged({
    message: "Outcome of idempotent operation unknown",
    idempotency_key: key,
  });
  const scope = String(line!.caller).replace("scope ", "");
  const answer = await api.call(`/api/v1/operations/idempotency/${key}/resolution?scope=${scope}`, {
    method: "POST",
    as: "olga",
    payload: { as: "failed" },
  });
  expect(answer.status).toBe(200);
}
