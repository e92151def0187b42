// A process that runs the client until it dies. What it has begun by then may be done all the same; it never hears of it.

import type { Store } from "../../../packages/client/src/types.ts";
import type { LifePlan } from "./plan.ts";

const never = new Promise<never>(() => {});

export class Life {
  /** Resolves when it dies. */
  readonly death: Promise<void>;
  #steps: number;
  #isDead = false;
  #die!: () => void;
  /** Connections end with their process. */
  readonly #connections = new AbortController();

  constructor({ steps, diesAfterMs }: Pick<LifePlan, "steps" | "diesAfterMs">) {
    this.#steps = steps;
    this.death = new Promise((resolve) => (this.#die = resolve));
    if (diesAfterMs < Infinity) setTimeout(() => this.end(), diesAfterMs);
  }

  end(): void {
    this.#isDead = true;
    this.#connections.abort();
    this.#die();
  }

  /** A store that it shares with others. */
  uses<T>(store: Store<T>): Store<T> {
    return {
      update: async (name, change) => {
        await this.#step();
        await store.update(name, change);
        await this.#step();
      },
      list: async () => {
        await this.#step();
        return store.list();
      },
    };
  }

  readonly fetch: typeof fetch = async (input, init) => {
    await this.#step();
    const signals = [this.#connections.signal, init?.signal ?? []].flat();
    try {
      return await fetch(input, { ...init, signal: AbortSignal.any(signals) });
    } finally {
      await this.#step();
    }
  };

  /** Dead processes do nothing. */
  async #step(): Promise<void> {
    if (this.#steps-- === 0) this.end();
    if (this.#isDead) await never;
  }
}
