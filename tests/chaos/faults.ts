// What goes wrong with the service as a whole: the runtime is killed, D1 fails, idle objects are evicted.

import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as pause } from "node:timers/promises";
import type { Server } from "../harness/server.ts";
import type { OwnStore } from "../harness/stores/store.ts";
import type { Interval } from "./history.ts";
import type { Random } from "./random.ts";

export interface Schedule {
  killsAtMs: number[];
  outages: Interval[];
}

/** About how often each of them happens, in milliseconds. An object must live ten seconds to be evicted. */
const KILL_EVERY_MS = 10_000;
const OUTAGE_EVERY_MS = 8000;

/** One of each in every slot of time, at a random moment of it. */
export function schedule(random: Random, durationMs: number): Schedule {
  const moments = (everyMs: number, atLeast: number) => {
    const count = Math.max(atLeast, Math.floor(durationMs / everyMs));
    const slotMs = durationMs / count;
    return Array.from({ length: count }, (_, slot) => slotMs * (slot + 0.1 + 0.8 * random.next()));
  };
  return {
    killsAtMs: moments(KILL_EVERY_MS, 3),
    outages: moments(OUTAGE_EVERY_MS, 2).map((fromMs) => ({
      fromMs,
      toMs: fromMs + random.between(500, 2000),
    })),
  };
}

/** Kills the runtime at the given times; adds each time without one to `downtimes`. */
export async function kill(
  server: Server,
  atMs: number[],
  now: () => number,
  downtimes: Interval[],
): Promise<void> {
  for (const moment of atMs) {
    await pause(Math.max(0, moment - now()));
    const downtime = { fromMs: now(), toMs: Infinity };
    downtimes.push(downtime);
    await server.kill();
    downtime.toMs = now();
  }
}

/** How much longer the lock is held at most, until a write has failed. */
const LONGER_MS = 3000;

/** Takes D1's write locks for a while, again and again: every INSERT of the Worker fails with SQLITE_BUSY. */
export async function failWrites(server: Server, outages: Interval[], now: () => number): Promise<number> {
  const files = await databaseFiles(server);
  let held = 0;
  for (const { fromMs, toMs } of outages) {
    await pause(Math.max(0, fromMs - now()));
    const databases = files.map((file) => new DatabaseSync(file, { timeout: 0 }));
    try {
      const taken = await Promise.all(databases.map((database) => takesLock(database, () => now() < toMs)));
      if (!taken.includes(true)) continue;
      held += 1;
      await pause(Math.max(0, toMs - now()));
      // On a slow machine nothing may have been written by then.
      const failures = () => server.logs.filter(({ reason }) => /^the database failed/.test(String(reason)));
      while (failures().length < held && now() < toMs + LONGER_MS) await pause(20);
    } finally {
      // This gives its lock back.
      for (const database of databases) database.close();
    }
  }
  return held;
}

/** Ends the store as a crash would, again and again, and brings it back. */
export async function crash(store: OwnStore, outages: Interval[], now: () => number): Promise<number> {
  for (const { fromMs, toMs } of outages) {
    await pause(Math.max(0, fromMs - now()));
    await store.crash();
    await pause(Math.max(0, toMs - now()));
    await store.recover();
  }
  return outages.length;
}

/** The lock is the runtime's for the time of a write; between two of them it can be had. */
async function takesLock(database: DatabaseSync, isWanted: () => boolean): Promise<boolean> {
  while (isWanted()) {
    try {
      database.exec("BEGIN IMMEDIATE");
      return true;
    } catch {
      await pause(2);
    }
  }
  return false;
}

/** The SQLite files that the local D1 keeps its databases in, one each. */
async function databaseFiles(server: Server): Promise<string[]> {
  const folder = join(server.objects, "../../d1/miniflare-D1DatabaseObject");
  const names = await readdir(folder);
  const files = names.filter((name) => name.endsWith(".sqlite") && !name.startsWith("metadata"));
  if (files.length === 0) throw new Error(`no database was found in ${folder}: ${names.join(", ")}`);
  return files.map((name) => join(folder, name));
}

/** How long an object is idle before the runtime evicts it, in milliseconds; nothing else makes it do so. */
const EVICTED_AFTER_MS = 10_000;

/**
 * Counts objects that the runtime evicted. When it lets go of an object, it closes the object's database, and
 * SQLite deletes the write-ahead log; a crash leaves it there, and a reset comes soon after a write.
 */
export class Evictions {
  count = 0;
  #lastWrites = new Map<string, number>();

  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Waits for one: kills may have come before the first object was idle for long enough. */
  async first(): Promise<void> {
    const endsAt = Date.now() + 2 * EVICTED_AFTER_MS;
    while (this.count === 0 && Date.now() < endsAt) {
      await pause(EVICTED_AFTER_MS / 20);
      await this.observe();
    }
  }

  async observe(): Promise<void> {
    const names = (await readdir(this.#folder)).filter((name) => name.endsWith("-wal"));
    const found = new Map<string, number>();
    for (const name of names) {
      const about = await stat(join(this.#folder, name)).catch(() => undefined);
      if (about !== undefined) found.set(name, about.mtimeMs);
    }
    for (const [name, writtenAt] of this.#lastWrites)
      if (!found.has(name) && Date.now() - writtenAt >= EVICTED_AFTER_MS) this.count += 1;
    this.#lastWrites = found;
  }
}
