// Attempts that take longer than they may.

import { type Bench, type Call, handled } from "../bench.ts";
import { type Case, check, eventually, NotApplicable, pause } from "../case.ts";
import type { Answer } from "../wire.ts";
import { bug, draft } from "./sources.ts";

/** How long after its deadline an attempt that goes on all the same ends. */
const LATE_BY_MS = 2000;

/** How long its successor runs, where it is to be still running then. */
const SUCCESSOR_RUNS_MS = 3500;

/** How long after its deadline an attempt's answer may come, and another may take its place. */
const GRACE_MS = 4000;

/** What a case takes beyond the deadline, the machine's slowness included. */
const TAKES_MS = 5000;

export const LATE: Case[] = [
  {
    id: "deadline",
    title: "An attempt that takes too long is given up and answered; it and its retries make one effect",
    source: bug("after a gateway's timeout the operation ran again beside itself"),
    shows: [69],
    needs: ["delay", "attemptDeadline_ms", "counting"],
    waits: true,
    run: async (bench) => {
      const key = bench.key();
      const { slow, deadlineAt, ends } = await tooSlow(bench, key, bench.fault(["delay", endsAfter(bench)]));
      const given = await slow;
      check(given.status >= 500, `the slow attempt got ${given.status}`);
      check(given.receivedAt < deadlineAt + GRACE_MS, "it was not given up at its deadline");
      await bench.isHealed(key, 1);
      await ends();
      await bench.hasEffects(1);
    },
  },
  {
    id: "paused-owner",
    title: "An attempt that outlives its deadline, and its successor's success, changes nothing",
    source: bug("an owner that was paused came back and settled in its successor's place"),
    shows: [75, 76],
    needs: ["overrun", "delay", "attemptDeadline_ms", "counting"],
    waits: true,
    run: async (bench) => {
      const key = bench.key();
      const fault = bench.fault(["overrun"], ["delay", endsAfter(bench)]);
      const { slow, ends } = await tooSlow(bench, key, fault);
      const successor = await takesOver(bench, key);
      const late = await slow;
      await ends();
      const told = late.status >= 500 || late.body.equals(successor.body);
      check(told, `the late attempt got an answer of its own: ${late.status}`);
      bench.replays(await bench.post(key), successor);
      await bench.hasEffects(1);
    },
  },
  {
    id: "late-release",
    title: "An attempt that fails after its deadline does not end its successor's claim",
    source: bug("a lock was released by whoever came last"),
    shows: [77],
    needs: ["overrun", "delay", "failAfter", "attemptDeadline_ms", "counting"],
    waits: true,
    run: async (bench) => {
      const key = bench.key();
      const fault = bench.fault(["overrun"], ["delay", endsAfter(bench)], ["failAfter"]);
      const { slow, ends } = await tooSlow(bench, key, fault);
      const call = { fault: bench.fault(["delay", SUCCESSOR_RUNS_MS]) };
      const successor = handled(takesOver(bench, key, call));
      check((await slow).status >= 500, `the late failure got ${(await slow).status}`);
      await ends();
      await bench.isToldOrReplays(await bench.post(key), successor);
      bench.replays(await bench.settled(key), await successor);
      await bench.hasEffects(1);
    },
  },
  {
    id: "late-attempt-belongs-to-its-payload",
    title: "An attempt that is past its deadline leaves the key to its payload",
    source: draft("2.7"),
    needs: ["overrun", "delay", "attemptDeadline_ms"],
    waits: true,
    run: async (bench) => {
      const key = bench.key();
      const fault = bench.fault(["overrun"], ["delay", endsAfter(bench)]);
      const { slow, deadlineAt } = await tooSlow(bench, key, fault);
      await pause(deadlineAt - Date.now());
      bench.mismatches(await bench.post(key, { value: "2" }), "another payload");
      await slow;
    },
  },
];

const endsAfter = (bench: Bench) => bench.profile.attemptDeadline_ms! + LATE_BY_MS;

/** A first request that takes longer than it may. `ends` is when it would end, or does. */
async function tooSlow(bench: Bench, key: string, fault: string) {
  const startedAt = Date.now();
  // Whoever waits is not given up before the attempt itself ends.
  const slow = bench.post(key, { fault, ...(bench.profile.preferWait && { wait_s: 20 }) });
  await bench.isRunning(key);
  const { inProgress } = bench.profile.expects;
  if (inProgress !== "waits") livesLongEnough(bench, await refused(bench, key));
  const deadlineAt = startedAt + bench.profile.attemptDeadline_ms!;
  const ends = () => pause(deadlineAt + LATE_BY_MS + 500 - Date.now());
  return { slow, deadlineAt, ends };
}

async function refused(bench: Bench, key: string): Promise<Answer> {
  const duplicate = await bench.post(key);
  check(bench.isInProgress(duplicate), `a duplicate of the slow attempt got ${duplicate.status}`);
  return duplicate;
}

/** The record must outlive its attempt's deadline, or the next request is a first one. */
function livesLongEnough(bench: Bench, told: Answer): void {
  const { expiry, attemptDeadline_ms } = bench.profile;
  if (!expiry) return;
  const left_ms =
    "ttl_ms" in expiry ? expiry.ttl_ms : Date.parse(told.field(expiry.field) ?? "") - Date.now();
  if (left_ms < attemptDeadline_ms! + TAKES_MS)
    throw new NotApplicable("a key lives hardly longer than an attempt may take");
}

/** The first request that executes after the deadline of the one that runs. */
async function takesOver(bench: Bench, key: string, call: Call = {}): Promise<Answer> {
  await pause(bench.profile.attemptDeadline_ms!);
  let answer!: Answer;
  const executes = async () => {
    answer = await bench.post(key, call);
    return !bench.isInProgress(answer);
  };
  await eventually(executes, "nobody takes the place of the late attempt", GRACE_MS);
  bench.succeeded(answer, "the successor");
  return answer;
}
