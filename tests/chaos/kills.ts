// Kills between an effect and the completion of its record, as many as are asked for, and a count of effects in the end.
//
// In each round many requests have their object reset once their row is written, and the runtime is killed while their
// retries are under way.

import { type Answer, type Client, type Keyed, newKey, RESOURCES, TRANSACTIONS } from "../harness/client.ts";
import type { TableName } from "../harness/stores/store.ts";

export interface Killed {
  /** Attempts that ended between effect and completion. */
  kills: number;
  runtimes: number;
  keys: number;
  /** Keys with more rows than one; with none; with another than the answer shows. */
  doubles: number;
  lost: number;
  wrong: number;
}

const KEYS_AT_ONCE = 40;

const SETTLES_WITHIN_MS = 40_000;

/** More than one, so that each of many databases has some. */
const CALLERS = 8;

interface Request {
  key: string;
  as: string;
  path: Keyed;
}

/** With a table for each, in which a row has its key. */
const TABLES: Partial<Record<Keyed, TableName>> = {
  [RESOURCES]: "resources",
  [TRANSACTIONS]: "transactions",
};

/** Does so until there have been `count` kills. */
export async function kills(api: Client, count: number, tell = (_: Killed) => {}): Promise<Killed> {
  const sum: Killed = { kills: 0, runtimes: 0, keys: 0, doubles: 0, lost: 0, wrong: 0 };
  while (sum.kills < count) {
    await round(api, sum);
    tell(sum);
  }
  return sum;
}

async function round(api: Client, sum: Killed): Promise<void> {
  const paths = Object.keys(TABLES) as Keyed[];
  const requests: Request[] = Array.from({ length: KEYS_AT_ONCE }, (_, n) => ({
    key: newKey(),
    as: `caller-${n % CALLERS}`,
    path: paths[n % paths.length]!,
  }));
  const dying = () => requests.map(({ key, as, path }) => api.post(path, key, { as, fault: "abort-after" }));
  const died = await Promise.all(dying());
  sum.kills += died.filter(({ status }) => status === 503).length;
  const dyingAgain = Promise.allSettled(dying());
  await api.server.kill();
  sum.runtimes += 1;
  await dyingAgain;
  const answers = await Promise.all(requests.map((request) => settled(api, request)));
  const rows = (await Promise.all(Object.values(TABLES).map((table) => api.server.store.rows(table)))).flat();
  const byKey = Map.groupBy(rows, (row) => row["idempotency_key"]);
  for (const [n, { key }] of requests.entries()) {
    const [own, ...others] = byKey.get(key) ?? [];
    const answer = answers[n]!;
    sum.keys += 1;
    sum.doubles += others.length;
    if (own === undefined || answer.status !== 201) {
      sum.lost += 1;
      console.error(
        `${key}: ${own === undefined ? "no row" : "a row"}, and ${answer.status}: ${answer.text}`,
      );
    } else if (answer.json.id !== own["id"]) sum.wrong += 1;
  }
}

/** The answer, once it is no longer that the request may be sent again, as it is where the machine is slow. */
async function settled(api: Client, { key, as, path }: Request): Promise<Answer> {
  const until = Date.now() + SETTLES_WITHIN_MS;
  for (;;) {
    const answer = await api.post(path, key, { as, wait: 20 });
    if (answer.json?.retryable !== true || Date.now() > until) return answer;
  }
}
