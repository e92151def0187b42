// A server whose billed actions are counted.

import { join } from "node:path";
import { Client } from "../../tests/harness/client.ts";
import { type Options, startServer, type Variables } from "../../tests/harness/server.ts";
import type { Counts, Name } from "./promises.ts";

const COUNTING = join(import.meta.dirname, "counting.js");

/** Longer than anything may go on after an answer, and shorter than the deadlines, should one be left over. */
const AFTER_MS = 10_000;

interface Told {
  counts: Counts;
  /** How much may still come: what goes on after answers, and timers. */
  underWay: number;
}

export class Counted extends Client {
  /** What comes of `act`, until nothing is under way that was not before. */
  async count(act: () => Promise<unknown>): Promise<Counts> {
    const { underWay } = await this.forget();
    await act();
    return (await this.told((told) => told.underWay <= underWay)).counts;
  }

  /** Starts to count anew. */
  forget(): Promise<Told> {
    return this.ask("DELETE");
  }

  /** What has been counted, as soon as it is what is waited for. */
  async told(isAwaited: (told: Told) => boolean, patience_ms = AFTER_MS): Promise<Told> {
    for (const started = Date.now(); ;) {
      const told = await this.ask("GET");
      if (isAwaited(told)) return told;
      if (Date.now() - started > patience_ms)
        throw new Error(`waited ${patience_ms} ms in vain: ${JSON.stringify(told)}`);
    }
  }

  private async ask(method: string): Promise<Told> {
    const response = await fetch(new URL("/__bill", this.server.address), { method });
    return (await response.json()) as Told;
  }
}

/** What `use` makes of a server with the variables `vars`. */
export async function withCounted<T>(
  vars: Variables,
  use: (api: Counted) => Promise<T>,
  options: Options = {},
): Promise<T> {
  const api = new Counted();
  api.server = await startServer({ FAULT_INJECTION: "on", ...vars }, { ...options, around: COUNTING });
  try {
    return await use(api);
  } finally {
    await api.server.stop();
  }
}

export function sum(...all: Counts[]): Counts {
  const sums: Counts = {};
  for (const counts of all)
    for (const [name, number] of Object.entries(counts) as [Name, number][])
      sums[name] = (sums[name] ?? 0) + number;
  return sums;
}
