// The server dies, at the moments that matter.

import type { Bench } from "../bench.ts";
import { type Case, check, equal, eventually, times } from "../case.ts";
import { cutOff } from "./running.ts";
import { bug, draft, STRIPE_ERRORS } from "./sources.ts";

/** Longer than it takes to kill the target: its requests are lost, whatever they would have become. */
const UNTIL_KILLED_MS = 6000;

const FROM_INSIDE = "it takes a hand inside the server: no request from outside brings it about";

export const CRASHES: Case[] = [
  {
    id: "crash-before-the-effect",
    title: "What executes the request dies before the effect: the retry makes it",
    source: bug("the lock of a dead process lasted as long as the answers"),
    shows: [74],
    needs: ["crashBefore", "counting"],
    run: (bench) => crashes(bench, "crashBefore"),
  },
  {
    id: "crash-after-the-effect",
    title: "What executes the request dies after the effect: no retry makes a second one",
    source: bug("a crash between the effect and its record: almost every implementation runs again"),
    shows: [72],
    needs: ["crashAfter", "counting"],
    run: (bench) => crashes(bench, "crashAfter"),
  },
  {
    id: "crash-after-crash",
    title: "Crashes in a row, before and after the effect: one effect, one answer",
    source: bug("recovery was written for one crash"),
    needs: ["crashBefore", "crashAfter", "counting"],
    run: async (bench) => {
      const key = bench.key();
      for (const fault of ["crashAfter", "crashBefore", "crashAfter"] as const)
        await bench.post(key, { fault: bench.fault([fault]) }).catch(() => undefined);
      await bench.isHealed(key, 1);
    },
  },
  {
    id: "crash-while-others-wait",
    title: "Requests that wait for an attempt whose server dies are answered",
    source: bug("waiting requests hung when the owner died"),
    needs: ["crashAfter", "delay", "counting"],
    run: async (bench) => {
      const key = bench.key();
      const fault = bench.fault(["delay", 2500], ["crashAfter"]);
      const first = bench.post(key, { fault }).catch(() => undefined);
      await bench.isRunning(key);
      const waiting = times(5, () => bench.post(key, bench.profile.preferWait ? { wait_s: 20 } : {}));
      await Promise.all([first, ...waiting.map((answer) => answer.catch(() => undefined))]);
      await bench.isHealed(key, 1);
    },
  },
  {
    id: "crashed-key-belongs-to-its-payload",
    title: "After a crash, another payload with the key is refused",
    source: draft("2.7"),
    needs: ["crashAfter", "counting"],
    run: async (bench) => {
      const key = bench.key();
      await bench.post(key, { fault: bench.fault(["crashAfter"]) }).catch(() => undefined);
      bench.mismatches(await bench.post(key, { value: "2" }), "another payload");
      await bench.isHealed(key, 1);
    },
  },
  {
    id: "kill-before-the-effect",
    title: "kill -9 while the operation runs, before its effect: the retry makes one",
    source: STRIPE_ERRORS,
    shows: [71],
    needs: ["kill", "delay", "counting"],
    alone: true,
    run: async (bench) => {
      const key = bench.key();
      const lost = killed(bench, key);
      await bench.isRunning(key);
      await bench.kill();
      await lost;
      await bench.isHealed(key, 1);
    },
  },
  {
    id: "kill-after-completion",
    title: "kill -9 after the answer was saved, and before its client had it: the retry is a replay",
    source: STRIPE_ERRORS,
    shows: [73],
    needs: ["kill", "delay", "status", "counting"],
    alone: true,
    run: async (bench) => {
      const key = bench.key();
      const { member, completed } = bench.profile.status!;
      await cutOff(bench, key);
      const isCompleted = async () => (await bench.look(key)).json?.[member] === completed;
      await eventually(isCompleted, "the attempt does not go on without its client");
      await bench.kill();
      const retry = await comesBack(bench, key);
      if (bench.profile.expects.replayMarker) check(bench.isMarked(retry), "the retry is no replay");
      await bench.hasEffects(1);
    },
  },
  {
    id: "kill-after-the-answer",
    title: "kill -9 after a client had its answer: the retry gets the same",
    source: STRIPE_ERRORS,
    needs: ["kill", "counting"],
    alone: true,
    run: async (bench) => {
      const key = bench.key();
      const first = await bench.first(key);
      await bench.kill();
      bench.replays(await bench.recovered(key), first);
      await bench.hasEffects(1);
    },
  },
  {
    id: "kill-with-fifty-in-flight",
    title: "kill -9 with 50 keys in flight, at every stage: every key comes to one effect and one answer",
    source: bug("after a deployment some keys were never usable again"),
    shows: [78],
    needs: ["kill", "delay", "counting"],
    alone: true,
    run: async (bench) => {
      const keys = times(50, () => bench.key());
      const last = keys.length - 1;
      // From those that have completed to those that have hardly begun; the last one cannot complete.
      const lost = keys.map((key, i) => killed(bench, key, i === last ? UNTIL_KILLED_MS : i * 20));
      await bench.isRunning(keys[last]!);
      await bench.kill();
      const answers = await Promise.all(lost);
      for (const [i, key] of keys.entries()) {
        const settled = await comesBack(bench, key);
        const before = answers[i];
        if (before?.status === settled.status)
          check(before.body.equals(settled.body), "two answers for one key");
      }
      if (bench.holds) check((await bench.effects()) <= keys.length, "more effects than keys");
      else await bench.hasEffects(keys.length);
    },
  },
  {
    id: "kill-keeps-mismatch",
    title: "After kill -9 the key still belongs to its payload",
    source: draft("2.7"),
    needs: ["kill", "delay", "counting"],
    alone: true,
    run: async (bench) => {
      const key = bench.key();
      const lost = killed(bench, key);
      await bench.isRunning(key);
      await bench.kill();
      await lost;
      // One, if it was done before the kill came, as it is where the machine is slow.
      const made = await bench.effects();
      bench.mismatches(await bench.post(key, { value: "2" }), "another payload");
      // What is not run again may still be under way where it runs.
      if (!bench.holds) await bench.hasEffects(made);
    },
  },
  unseen("store-down-at-claim", "Without its store, the service refuses and does nothing", 79),
  unseen("store-down-at-completion", "If the answer cannot be saved, the retry does not run again", 80),
  unseen("corrupt-record", "A record that cannot be read stops neither the service nor its policy", 81),
  unseen("resumed-phases", "An operation of several steps goes on after the last one that was done", 82),
];

function unseen(id: string, title: string, number: number): Case {
  const run = async () => {};
  return {
    id,
    title,
    source: bug("in several implementations"),
    shows: [number],
    notFromOutside: FROM_INSIDE,
    run,
  };
}

async function crashes(bench: Bench, fault: "crashBefore" | "crashAfter"): Promise<void> {
  const key = bench.key();
  const lost = await bench.post(key, { fault: bench.fault([fault]) }).catch(() => undefined);
  check(lost === undefined || lost.status >= 500, `the crash was answered with ${lost?.status}`);
  await bench.isHealed(key, fault === "crashBefore" ? 0 : 1);
}

/** The key ends in success within the bound of a lease, or is held, and repeats that from then on. */
async function comesBack(bench: Bench, key: string) {
  const settled = await bench.recovered(key);
  if (!bench.isHeld(settled)) bench.succeeded(settled, "the retry after the crash");
  const again = await bench.post(key);
  if (bench.isHeld(settled)) bench.repeats(again, settled);
  else equal(again.text, settled.text, "the answer after that");
  return settled;
}

/** A request whose server is killed meanwhile; nothing if that lost its answer. */
function killed(bench: Bench, key: string, ms = UNTIL_KILLED_MS) {
  return bench.post(key, { fault: bench.fault(["delay", ms]) }).catch(() => undefined);
}
