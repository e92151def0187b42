// What became of requests, as their answers say and as the service has counted.

/** In the order in which the table has them. */
export const OUTCOMES = [
  "executed",
  "replayed",
  "in_progress",
  "mismatch",
  "key_missing",
  "key_invalid",
  "validation_failed",
  "unauthorized",
  "rate_limited",
  "failed",
  "ambiguous",
  "unavailable",
] as const;

export type Outcome = (typeof OUTCOMES)[number];

const OF_PROBLEM: Record<string, Outcome> = {
  "operation-in-progress": "in_progress",
  "request-mismatch": "mismatch",
  "idempotency-key-missing": "key_missing",
  "idempotency-key-invalid": "key_invalid",
  "idempotency-key-conflict": "key_invalid",
  unauthorized: "unauthorized",
  forbidden: "unauthorized",
  "rate-limited": "rate_limited",
  "operation-failed": "failed",
  "outcome-unknown": "ambiguous",
};

/** What became of the request that got this answer. */
export function outcomeOf(status: number, isReplayed: boolean, problem: string | undefined): Outcome {
  if (status < 300) return isReplayed ? "replayed" : "executed";
  const slug = problem?.split("/").at(-1) ?? "";
  return OF_PROBLEM[slug] ?? (status >= 500 ? "unavailable" : "validation_failed");
}

/** How many requests of each operation had each outcome. */
export class Counts {
  readonly #counts = new Map<string, number>();

  add(operation: string, outcome: string, count = 1): void {
    const name = `${operation} ${outcome}`;
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + count);
  }

  of(operation: string, outcome: string): number {
    return this.#counts.get(`${operation} ${outcome}`) ?? 0;
  }

  get total(): number {
    return [...this.#counts.values()].reduce((sum, count) => sum + count, 0);
  }

  get operations(): string[] {
    return [...new Set([...this.#counts.keys()].map((name) => name.split(" ")[0]!))].sort();
  }

  outcomes(): Outcome[] {
    return OUTCOMES.filter((outcome) => this.operations.some((operation) => this.of(operation, outcome) > 0));
  }

  minus(earlier: Counts): Counts {
    const difference = new Counts();
    for (const name of new Set([...this.#counts.keys(), ...earlier.#counts.keys()])) {
      const [operation, outcome] = name.split(" ") as [string, string];
      const count = this.of(operation, outcome) - earlier.of(operation, outcome);
      if (count !== 0) difference.add(operation, outcome, count);
    }
    return difference;
  }

  equals(other: Counts): boolean {
    return this.minus(other).#counts.size === 0;
  }
}

const SAMPLE = /^idempotency_requests_total\{(.*)\} (\S+)$/gm;

/** What the service has counted since counting began. */
export async function countedBy(url: URL, operator?: string): Promise<Counts> {
  const headers = new Headers(operator === undefined ? {} : { Authorization: `Bearer ${operator}` });
  const response = await fetch(new URL("/metrics", url), { headers });
  const text = await response.text();
  if (!response.ok) throw new Error(`/metrics answers with ${response.status}: ${text}`);
  const counts = new Counts();
  for (const [, labels = "", value] of text.matchAll(SAMPLE)) {
    const label = (name: string) => new RegExp(`${name}="(.*?)"`).exec(labels)?.[1] ?? "";
    counts.add(label("operation"), label("outcome"), Number(value));
  }
  return counts;
}
