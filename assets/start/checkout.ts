// Pays for a cart, with the client of this repository or, to compare, without.

import { createIdempotentFetch, type IdempotentFetch, type Pending } from "@edge-idempotency/client";
import { indexedDBStore } from "@edge-idempotency/client/indexeddb";
import { intentOf, PAYMENT } from "./cart.ts";
import { KEY, type Network } from "./network.ts";

const TRANSACTIONS = "/api/v1/operations/transactions";

/** What this tab knows of its payment. */
export type Standing =
  | { name: "idle" }
  | { name: "asking" }
  | { name: "answered"; status: number }
  /** No answer will come of itself. */
  | { name: "stopped"; error: unknown };

export class Checkout {
  standing: Standing = { name: "idle" };
  /** The key that is stored for the cart. */
  key: string | undefined;
  /** Sent with each request, and never stored. */
  token = "";
  readonly #intent: string;
  readonly #send: typeof fetch;
  readonly #client: IdempotentFetch;
  readonly #changed: () => void;
  #waiting = new AbortController();

  /** `changed` is called whenever `standing` or `key` is another. */
  constructor(cart: string, network: Network, changed: () => void) {
    this.#intent = intentOf(cart);
    this.#changed = changed;
    this.#send = (...request) => network.send(cart, new Request(...request));
    this.#client = createIdempotentFetch({ store: indexedDBStore(), fetch: this.#send });
  }

  get headers(): Record<string, string> {
    return this.token === "" ? {} : { Authorization: `Bearer ${this.token}` };
  }

  /** Each press is a call of its own. All of them have the intent's key. */
  pay(): Promise<void> {
    const { signal } = this.#waiting;
    const init = { ...this.#payment(), signal, intent: this.#intent, keep: true };
    return this.#show(this.#client(TRANSACTIONS, init), signal);
  }

  /** As many programs do it: a new key for each try, and three tries. */
  payWithoutClient(): Promise<void> {
    return this.#show(this.#tryThreeTimes());
  }

  /** Goes on where the page was left before there was an answer. */
  async resume(): Promise<void> {
    const stored = await this.#stored();
    if (stored?.state === "settled") this.#become({ name: "answered", status: stored.status! });
    if (stored?.state !== "pending") return;
    const { signal } = this.#waiting;
    await this.#show(this.#client.resume(this.#intent, { headers: this.headers, signal }), signal);
  }

  /** Asks now instead of at the end of the wait. */
  async hurry(): Promise<void> {
    this.stop();
    await this.resume();
  }

  /** Looks which key is stored. */
  async look(): Promise<void> {
    const stored = await this.#stored();
    const key = stored?.state === "corrupt" ? undefined : stored?.key;
    if (key === this.key) return;
    this.key = key;
    this.#changed();
  }

  /** Waits for nothing any more. The key stays stored. */
  stop(): void {
    this.#waiting.abort();
    this.#waiting = new AbortController();
  }

  /** Forgets the key: whatever is paid next is another payment. */
  async end(): Promise<void> {
    this.stop();
    await this.#client.acknowledge(this.#intent);
  }

  /** Shows how a call ends, unless it is aborted. */
  async #show(call: Promise<Response>, signal?: AbortSignal): Promise<void> {
    this.#become({ name: "asking" });
    const ended = await call.then(
      ({ status }): Standing => ({ name: "answered", status }),
      (error: unknown): Standing => ({ name: "stopped", error }),
    );
    if (!signal?.aborted) this.#become(ended);
  }

  #become(standing: Standing): void {
    this.standing = standing;
    this.#changed();
  }

  async #stored(): Promise<Pending | undefined> {
    const all = await this.#client.pending();
    return all.find(({ intent }) => intent === this.#intent);
  }

  #payment() {
    const headers = { ...this.headers, "Content-Type": "application/json" };
    return { method: "POST", headers, body: JSON.stringify(PAYMENT) };
  }

  async #tryThreeTimes(): Promise<Response> {
    for (let tries = 1; ; tries++) {
      const { headers, ...payment } = this.#payment();
      const init = { ...payment, headers: { ...headers, [KEY]: crypto.randomUUID() } };
      try {
        const answer = await this.#send(TRANSACTIONS, init);
        if (answer.status < 500 || tries === 3) return answer;
      } catch (error) {
        if (tries === 3) throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
  }
}
