// One client of the demo: it sends requests, gets every answer, and counts what the answers say.

import { setTimeout as sleep } from "node:timers/promises";
import { Random } from "../chaos/random.ts";
import { type Counts, type Outcome, outcomeOf } from "./counts.ts";

export const PATHS = {
  create_resource: "/api/v1/operations/resources",
  create_transaction: "/api/v1/operations/transactions",
  create_audit_log: "/api/audit/log",
};

export type Operation = keyof typeof PATHS;

export interface Request {
  operation: Operation;
  /** Nothing if the client forgets it. */
  key?: string;
  payload: unknown;
  /** What is to go wrong, where the server lets things go wrong. */
  fault?: string;
  /** How many seconds to wait for a running attempt. */
  wait?: number;
}

export class Visitor {
  /** Answers that never came; the service may have counted them or not. */
  static unanswered = 0;
  readonly random: Random;
  readonly #url: URL;
  readonly #token: string | undefined;
  readonly #counts: Counts;

  constructor(url: URL, token: string | undefined, random: Random, counts: Counts) {
    this.#url = url;
    this.#token = token;
    this.random = random;
    this.#counts = counts;
  }

  /** Sends a request and waits for its answer, however long it takes. */
  async send(request: Request): Promise<Outcome | undefined> {
    const { operation, key, payload, fault, wait } = request;
    const headers = new Headers({
      "Content-Type": "application/json",
      "X-Correlation-ID": this.random.uuid(),
    });
    if (this.#token !== undefined) headers.set("Authorization", `Bearer ${this.#token}`);
    if (key !== undefined) headers.set("X-Idempotency-Key", key);
    if (fault !== undefined) headers.set("X-Fault", fault);
    if (wait !== undefined) headers.set("Prefer", `wait=${wait}`);
    const body = JSON.stringify(payload);
    try {
      const response = await fetch(new URL(PATHS[operation], this.#url), { method: "POST", headers, body });
      const { type } = (await response.json()) as { type?: string };
      const outcome = outcomeOf(response.status, response.headers.has("Idempotent-Replayed"), type);
      this.#counts.add(operation, outcome);
      return outcome;
    } catch {
      Visitor.unanswered += 1;
      return undefined;
    }
  }

  pause(shortestMs: number, longestMs: number): Promise<void> {
    return sleep(this.random.between(shortestMs, longestMs));
  }
}
