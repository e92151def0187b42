// The same key again while its first request runs.

import type { Bench } from "../bench.ts";
import { type Case, check, eventually, NotApplicable, times } from "../case.ts";
import type { Answer } from "../wire.ts";
import { bug, draft, rfc, STRIPE } from "./sources.ts";

/** How long a first request runs for its duplicates to arrive meanwhile. */
const RUNS_MS = 2500;

export const RUNNING: Case[] = [
  {
    id: "duplicate-while-running",
    title: "A duplicate of a running request is told to come back, or waits for its answer",
    source: draft("2.7"),
    shows: [49],
    needs: ["delay"],
    run: async (bench) => {
      const key = bench.key();
      const { running } = await start(bench, key);
      const duplicate = await bench.post(key);
      await bench.isToldOrReplays(duplicate, running);
      bench.replays(await bench.settled(key), await running);
      await bench.hasEffects(1);
    },
  },
  {
    id: "other-payload-while-running",
    title: "Another payload is refused while the first runs, without waiting for it",
    source: draft("2.7"),
    shows: [50],
    needs: ["delay"],
    run: async (bench) => {
      const key = bench.key();
      const { running, isOver } = await start(bench, key);
      bench.mismatches(await bench.post(key, { value: "2" }), "another payload");
      check(!isOver(), "the refusal came after the first answer");
      bench.succeeded(await running, "the first request");
      await bench.hasEffects(1);
    },
  },
  {
    id: "retry-after",
    title: "Who is told to come back is told when",
    source: rfc(9110, "10.2.3"),
    shows: [49],
    needs: ["delay", "expects.retryAfter"],
    run: async (bench) => {
      const key = bench.key();
      const { running } = await start(bench, key);
      const duplicate = await bench.post(key);
      if (!bench.isInProgress(duplicate)) throw new NotApplicable("duplicates wait");
      check(
        /^[1-9]\d*$/.test(duplicate.field("Retry-After") ?? ""),
        "409 has no Retry-After of whole seconds",
      );
      await running;
    },
  },
  {
    id: "prefer-wait",
    title: "With Prefer: wait, a duplicate gets the answer as soon as there is one",
    source: rfc(7240, "4.3"),
    needs: ["delay", "preferWait"],
    run: async (bench) => {
      const key = bench.key();
      const { running } = await start(bench, key);
      const duplicates = await Promise.all([
        bench.post(key, { wait_s: 20 }),
        bench.post(key, { fields: [["Prefer", "respond-async, WAIT=20"]] }),
      ]);
      for (const duplicate of duplicates) bench.replays(duplicate, await running);
      await bench.hasEffects(1);
    },
  },
  {
    id: "prefer-wait-is-over",
    title: "A wait that is over ends in 409; the first request goes on, and nobody else runs",
    source: rfc(7240, "4.3"),
    shows: [54],
    needs: ["delay", "preferWait"],
    run: async (bench) => {
      const key = bench.key();
      const { running, isOver } = await start(bench, key, 4000);
      const waited = await bench.post(key, { wait_s: 1 });
      check(bench.isInProgress(waited), `the wait ended in ${waited.status}`);
      check(!isOver(), "the wait took as long as the first request");
      check(bench.isInProgress(await bench.post(key)), "a third request is not told to come back");
      bench.replays(await bench.settled(key), await running);
      await bench.hasEffects(1);
    },
  },
  {
    id: "prefer-wait-malformed",
    title: "A wait that is no whole number is no wait, and no error",
    source: rfc(7240, "2"),
    needs: ["delay", "preferWait"],
    run: async (bench) => {
      const key = bench.key();
      const { running, isOver } = await start(bench, key);
      for (const value of ["wait=-1", "wait=x", "wait", "wait=1e3"]) {
        const duplicate = await bench.post(key, { fields: [["Prefer", value]] });
        check(bench.isInProgress(duplicate) || isOver(), `${value} got ${duplicate.status}`);
      }
      await running;
    },
  },
  {
    id: "disconnect",
    title: "A client that is cut off and retries later gets the answer; there is one effect",
    source: STRIPE,
    shows: [58],
    needs: ["delay", "counting"],
    run: async (bench) => {
      const key = bench.key();
      await cutOff(bench, key);
      bench.succeeded(await bench.recovered(key), "the retry");
      const first = await bench.post(key);
      bench.replays(await bench.post(key), first);
      await bench.hasEffects(1);
    },
  },
  {
    id: "disconnect-retry-at-once",
    title: "A client that is cut off and retries at once does not start a second run",
    source: bug("the end of a connection released the key while the operation went on"),
    shows: [59],
    needs: ["delay", "counting"],
    run: async (bench) => {
      const key = bench.key();
      await cutOff(bench, key);
      const answers = await Promise.all(times(5, () => bench.post(key)));
      const last = await bench.recovered(key);
      for (const answer of answers)
        if (answer.status === last.status) check(answer.body.equals(last.body), "two answers for one key");
      await bench.hasEffects(1);
    },
  },
  {
    id: "owner-is-not-disturbed",
    title: "20 duplicates and 20 other payloads do not touch the running request",
    source: bug("a duplicate's failure released the owner's lock"),
    shows: [60],
    needs: ["delay"],
    alone: true,
    run: async (bench) => {
      const key = bench.key();
      const { running } = await start(bench, key);
      const crowd = times(40, (i) => bench.post(key, { value: i % 2 ? "1" : "2" }));
      const first = await running;
      await Promise.all(crowd);
      bench.succeeded(first, "the first request");
      check(first.receivedAt - first.sentAt < RUNS_MS + 5000, "the first request was slowed down by seconds");
      bench.replays(await bench.settled(key), first);
      await bench.hasEffects(1);
    },
  },
];

/** A first request that runs for a while, and is running. */
async function start(bench: Bench, key: string, ms = RUNS_MS) {
  let over = false;
  const running: Promise<Answer> = bench.post(key, { fault: bench.fault(["delay", ms]) });
  running.then(
    () => (over = true),
    () => (over = true),
  );
  await bench.isRunning(key);
  return { running, isOver: () => over };
}

/** A first request whose client ends the connection while it runs. */
export async function cutOff(bench: Bench, key: string): Promise<void> {
  const client = new AbortController();
  const fault = bench.fault(["delay", RUNS_MS]);
  const lost = bench.post(key, { fault, signal: client.signal }).then(
    () => false,
    () => true,
  );
  await bench.isRunning(key);
  client.abort();
  await eventually(() => lost, "the client was not cut off");
}
