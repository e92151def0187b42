// When nothing goes wrong any more: every key is settled, read, and its rows counted.

import { setTimeout as pause } from "node:timers/promises";
import type { Row, Store, TableName } from "../harness/stores/store.ts";
import { send, type World } from "./clients.ts";
import { byCompositeKey, type Effect, isSuccess, type KeyStatus } from "./history.ts";
import type { KeyPlan, RequestPlan } from "./plan.ts";

/** How many keys are asked for at once. */
const AT_ONCE = 12;

/** How long keys may take to settle when nothing goes wrong, in milliseconds: all of them, and more for each. */
export const SETTLES_WITHIN_MS = 30_000;
const SETTLES_WITHIN_MS_EACH = 50;

/**
 * Sends every valid request that was ever sent with a key once more, until it succeeds or is refused, or until keys
 * have had the time that they may take.
 */
export async function settleEveryKey(plans: KeyPlan[], world: World): Promise<void> {
  const sent = new Map(
    [...byCompositeKey(world.exchanges)].map(([of, exchanges]) => [
      of,
      new Set(exchanges.filter(({ valid }) => valid).map(({ request }) => request)),
    ]),
  );
  const endsMs = world.now() + SETTLES_WITHIN_MS + plans.length * SETTLES_WITHIN_MS_EACH;
  await each(plans, async (plan) => {
    const names = sent.get(`${plan.caller}/${plan.key}`) ?? new Set();
    const requests = new Map(plan.devices.map(({ request }) => [request.name, request]));
    for (const [name, request] of requests)
      if (names.has(name)) await settle(plan, request, { ...world, endsMs });
  });
}

async function settle(plan: KeyPlan, request: RequestPlan, world: World): Promise<void> {
  const device = { name: "final", request, field: "X-Idempotency-Key" as const };
  const calm = { spelling: request.spellings[0]!, waitS: 0, forgets: false, jitter: 0 };
  while (world.now() < world.endsMs) {
    const { outcome } = await send(plan, device, calm, world);
    if (isSuccess(outcome) || (outcome.kind === "answer" && outcome.status < 409)) return;
    await pause(200);
  }
}

/** Asks the service what became of each key. */
export async function readEveryKey(plans: KeyPlan[], address: URL): Promise<KeyStatus[]> {
  const statuses: KeyStatus[] = [];
  const signal = AbortSignal.timeout(SETTLES_WITHIN_MS + plans.length * SETTLES_WITHIN_MS_EACH);
  await each(plans, async ({ caller, key }) => {
    const told = await readKey(new URL(`/api/v1/operations/idempotency/${key}`, address), caller, signal);
    statuses.push({ caller, key, ...told });
  });
  return statuses;
}

async function readKey(
  url: URL,
  caller: string,
  signal: AbortSignal,
): Promise<Pick<KeyStatus, "status" | "attempts">> {
  try {
    const response = await fetch(url, { headers: { Authorization: `Bearer ${caller}` }, signal });
    const { status, attempts } = (await response.json()) as KeyStatus;
    if (response.status === 200) return { status, attempts };
    return { status: response.status === 404 ? "UNKNOWN" : "UNANSWERED", attempts: 0 };
  } catch {
    return { status: "UNANSWERED", attempts: 0 };
  }
}

/** Reads all rows. They hold a digest in the place of the caller, so `callers` says whose it is. */
export async function readEffects(store: Store, callers: Map<string, string>): Promise<Effect[]> {
  const read = async (table: TableName, key: string, request: (row: Row) => unknown) =>
    (await store.rows(table)).map((row) => ({
      caller: callers.get(`${row["caller"]}`) ?? `${row["caller"]}`,
      key: `${row[key]}`,
      table,
      id: `${row["id"]}`,
      request: `${request(row)}`,
    }));
  // Some drivers read JSON.
  const details = ({ details }: Row) => (typeof details === "string" ? JSON.parse(details) : details);
  return [
    ...(await read("resources", "idempotency_key", (row) => row["name"])),
    ...(await read("transactions", "idempotency_key", (row) => row["description"])),
    ...(await read("audit_log", "user_id", (row) => details(row).request)),
  ];
}

/** Does it for each, some at a time. */
export async function each<T>(items: T[], act: (item: T) => Promise<void>): Promise<void> {
  const left = [...items];
  const work = async () => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await act(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}
