// The platform's bill, counted in its runtime, for each thing that can happen to a keyed request.

import { AUDIT_LOG, newKey, RESOURCES, TRANSACTIONS } from "../../tests/harness/client.ts";
import { type Counted, sum, withCounted } from "./counted.ts";
import { countGateway } from "./gateway.ts";
import {
  ANSWERED_BY_MEMORY,
  ANSWERED_BY_OBJECT,
  COPIED_BY_RETRY,
  COUNTED,
  type Counts,
  EXPIRED,
  FAILED,
  FIRST,
  FIRST_AUDITED,
  FIRST_UNCOPIED,
  LOOKED_UP,
  type Name,
  NOT_FOUND,
  REFUSED,
  RETRIED,
  SLOW_FIRST,
  telemetry,
} from "./promises.ts";

export interface Line {
  name: string;
  counts: Counts;
  promised: Counts;
  /** How long it took, where that matters. */
  seconds?: number;
}

export type Bill = Line[];

/**
 * Counts it. A machine on which a first request takes over a second pays for a question to KV. Requests are counted without telemetry, which is paid by the
 * second and not by the request, and by itself.
 */
export async function countBill(): Promise<Bill> {
  const lines = await Promise.all([
    withCounted({ TELEMETRY_OBJECTS: "0" }, requests),
    withCounted({ TELEMETRY_OBJECTS: "0", REPLAY_COPIES: "retried" }, copiedIfRetried),
    withCounted({ TELEMETRY_OBJECTS: "0", IDEMPOTENCY_TTL_SECONDS: "2" }, expiry),
    countGateway(),
    withCounted({}, handingOver),
  ]);
  return lines.flat();
}

/** Each count that is higher than promised, as a sentence. */
export function overruns(bill: Bill): string[] {
  return bill.flatMap(({ name, counts, promised }) =>
    (Object.keys(COUNTED) as Name[])
      .filter((counted) => (counts[counted] ?? 0) > (promised[counted] ?? 0))
      .map((counted) => {
        const [is, most] = [counts[counted], promised[counted] ?? 0];
        return `${name}: ${is} ${COUNTED[counted]}, promised are ${most} at most`;
      }),
  );
}

const OPERATIONS = [
  { name: "resource", path: RESOURCES, promised: FIRST },
  { name: "transaction", path: TRANSACTIONS, promised: FIRST },
  { name: "audit entry", path: AUDIT_LOG, promised: FIRST_AUDITED },
] as const;

async function requests(api: Counted): Promise<Line[]> {
  const keys = OPERATIONS.map((operation) => ({ ...operation, key: newKey() }));
  const [first] = keys;
  const lines: Line[] = [];
  const count = async (name: string, promised: Counts, status: number, act: () => Promise<Answered>) =>
    void lines.push({ name, promised, counts: await api.count(() => must(status, act())) });
  const other = { payload: { name: "Another lathe" } };

  await warmUp(api);
  for (const { name, path, key, promised } of keys)
    await count(`first request: ${name}`, promised, 201, () => api.post(path, key));
  for (const { name, path, key } of keys)
    await count(`replay from memory: ${name}`, ANSWERED_BY_MEMORY, 201, () => api.post(path, key));
  await count("mismatch, from memory", ANSWERED_BY_MEMORY, 400, () => api.create(first!.key, other));
  await count("refused: no key", REFUSED, 400, () => api.call(RESOURCES, { method: "POST", payload: {} }));
  await count("key looked up", LOOKED_UP, 200, () => api.status(first!.key));
  await count("unknown key looked up", NOT_FOUND, 404, () => api.status(newKey()));

  const key = newKey();
  await count("attempt that fails", FAILED, 503, () => api.create(key, { fault: "fail-before" }));
  await count("retry after it", RETRIED, 201, () => api.create(key));
  lines.push(...(await whileOneRuns(api)));

  await api.server.restart();
  await warmUp(api);
  await count("mismatch, from the object", ANSWERED_BY_OBJECT, 400, () => api.create(first!.key, other));
  for (const { name, path, key } of keys)
    await count(`replay from the object: ${name}`, ANSWERED_BY_OBJECT, 201, () => api.post(path, key));
  return lines;
}

/** What starts up takes its time, and KV is asked where an object does. */
async function warmUp(api: Counted): Promise<void> {
  await api.count(() => must(404, api.status(newKey())));
}

/** A request that takes over a second, and one that comes meanwhile, after KV has been asked. */
async function whileOneRuns(api: Counted): Promise<Line[]> {
  const key = newKey();
  await api.forget();
  const slow = api.create(key, { fault: "delay=3000" });
  const before = await api.told(({ counts }) => counts.kvReads === 1);
  const counts = await api.count(() => must(409, api.create(key)));
  const after = await api.count(() => must(201, slow));
  return [
    { name: "first request of over a second", promised: SLOW_FIRST, counts: sum(before.counts, after) },
    { name: "409 while it runs", promised: ANSWERED_BY_OBJECT, counts },
  ];
}

/** One whose retries another isolate has to ask the object for. */
async function copiedIfRetried(api: Counted): Promise<Line[]> {
  const key = newKey();
  const create = () => must(201, api.create(key));
  await warmUp(api);
  const first = await api.count(create);
  await api.server.restart();
  await warmUp(api);
  const retry = await api.count(create);
  const later = await api.count(create);
  return [
    { name: "retried: first request", promised: FIRST_UNCOPIED, counts: first },
    { name: "retried: first retry", promised: COPIED_BY_RETRY, counts: retry },
    { name: "retried: later retry", promised: ANSWERED_BY_MEMORY, counts: later },
  ];
}

async function expiry(api: Counted): Promise<Line[]> {
  await api.count(() => must(201, api.create(newKey())));
  await api.forget();
  await api.told(({ counts }) => (counts.objectRequests ?? 0) > 0, 30_000);
  const { counts } = await api.told(({ underWay }) => underWay === 0);
  return [{ name: "expiry", promised: EXPIRED, counts }];
}

/** Replays from memory one after another, until what they add up to was handed over three times. */
async function handingOver(api: Counted): Promise<Line[]> {
  const key = newKey();
  const started = performance.now();
  const isOver = async () => ((await api.told(() => true)).counts.telemetryRowsWritten ?? 0) >= 3;
  while (!(await isOver())) await must(201, api.create(key));
  const seconds = (performance.now() - started) / 1000;
  const { counts } = await api.told(() => true);
  const { telemetryRequests, telemetryRowsRead, telemetryRowsWritten } = counts;
  const handedOver = { telemetryRequests, telemetryRowsRead, telemetryRowsWritten } as Counts;
  return [{ name: "telemetry of one isolate", promised: telemetry(seconds), counts: handedOver, seconds }];
}

type Answered = { status: number; text: string };

export async function must(status: number, answer: Promise<Answered>): Promise<void> {
  const { status: is, text } = await answer;
  if (is !== status) throw new Error(`${status} was to be the answer, not ${is}: ${text}`);
}
