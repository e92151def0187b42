// What the service has of a cart, asked of the service itself: the payments, and what became of each key.

import type { Sent } from "./journal.ts";

export interface Payment {
  id: string;
  amount: number;
  currency: string;
  created_at: string;
  idempotency_key: string;
}

export interface KeyStatus {
  status: string;
  attempts: number;
}

export class Payments {
  readonly #found = new Map<string, Payment>();
  readonly #keys = new Map<string, KeyStatus>();
  /** The requests whose answers were followed. */
  readonly #asked = new Set<string>();
  readonly #changed: () => void;
  readonly #headers: () => Record<string, string>;

  /** `changed` is called when more is known. */
  constructor(headers: () => Record<string, string>, changed: () => void) {
    this.#headers = headers;
    this.#changed = changed;
  }

  /** Those that answers to these requests name, also answers that were lost, and that the service has. */
  of(requests: Sent[]): Payment[] {
    const ids = [...new Set(requests.map(paymentId))];
    return ids.flatMap((id) => (id === undefined ? [] : (this.#found.get(id) ?? [])));
  }

  key(key: string): KeyStatus | undefined {
    return this.#keys.get(key);
  }

  /** Asks for what answers to these requests name and was not asked for before. */
  lookUp(requests: Sent[]): void {
    const unknown = requests.filter((sent) => paymentId(sent) !== undefined && !this.#asked.has(sent.id));
    for (const sent of unknown) void this.#lookUp(sent);
  }

  async #lookUp(sent: Sent): Promise<void> {
    this.#asked.add(sent.id);
    const operations = "/api/v1/operations";
    const id = paymentId(sent)!;
    const payment = await this.#read<Payment>(`${operations}/transactions/${id}`);
    const key = await this.#read<KeyStatus>(`${operations}/idempotency/${sent.key}`);
    if (payment) this.#found.set(id, payment);
    if (key) this.#keys.set(sent.key, key);
    this.#changed();
  }

  async #read<Found>(path: string): Promise<Found | undefined> {
    const answer = await fetch(path, { headers: this.#headers() }).catch(() => undefined);
    return answer?.ok ? answer.json() : undefined;
  }
}

/** The payment that an answer names. */
export function paymentId({ status, body }: Sent): string | undefined {
  return status === 201 ? JSON.parse(body!).id : undefined;
}
