// A run ends, whatever the service does, and says which key did not.

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { settleEveryKey } from "./aftermath.ts";
import { check } from "./check.ts";
import { useKey, type World } from "./clients.ts";
import { type KeyPlan, planKey } from "./plan.ts";
import { Random } from "./random.ts";

test("a key that is in progress for ever ends the patience of its clients, and is told of", async () => {
  const address = await serveForEver(409, "operation-in-progress");
  const plan = patientPlan();
  const world: World = { address, exchanges: [], now: clock(), troubled: () => false, endsMs: 1000 };

  await useKey(plan, world);

  const { caller, key } = plan;
  const statuses = [{ caller, key, status: "FAILED", attempts: 1 }];
  const violations = check({ ...NOTHING_ELSE, exchanges: world.exchanges, statuses });
  expect(world.exchanges.length).toBeGreaterThan(0);
  expect(violations).toContainEqual(
    expect.objectContaining({ rule: "every key settles", of: `${caller}/${key}` }),
  );
});

test("what has not settled when the run ends is not asked for any more", async () => {
  const address = await serveForEver(409, "operation-in-progress");
  const plan = patientPlan();
  const late: World = { address, exchanges: [], now: clock(), troubled: () => true, endsMs: 0 };

  await useKey(plan, late);
  await settleEveryKey([plan], late);

  expect(late.exchanges).toEqual([]);
});

const NOTHING_ELSE = { effects: [], downtimes: [], unaskedPanics: [] };

/** A key with one device that would ask for ever. */
function patientPlan(): KeyPlan {
  const plans = Array.from({ length: 10 }, (_, index) => planKey(new Random(1), index, false));
  const plan = plans.find(({ devices: [first] }) => first!.request.valid)!;
  return { ...plan, devices: [{ ...plan.devices[0]!, patience: Infinity }] };
}

function clock(): () => number {
  const began = performance.now();
  return () => performance.now() - began;
}

/** A service that has one answer. */
async function serveForEver(status: number, slug: string): Promise<URL> {
  const headers = { "Content-Type": "application/problem+json", "Retry-After": "1" };
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(status, headers).end(JSON.stringify({ type: `/problems/${slug}` }));
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
}
