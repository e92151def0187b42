// Attempts that end without success, and what the next request with the key gets.

import type { Bench } from "../bench.ts";
import { type Case, check, hasStatus, NotApplicable, times } from "../case.ts";
import { bug, draft, policy, STRIPE, STRIPE_ERRORS } from "./sources.ts";

export const FAILURES: Case[] = [
  {
    id: "refused-payload",
    title: "A payload that is refused before anything happens leaves the key as the policy says",
    source: STRIPE,
    shows: [61],
    needs: ["expects.invalidPayload"],
    run: async (bench) => {
      const key = bench.key();
      const { payload, status } = bench.profile.expects.invalidPayload!;
      const invalid = payload.replaceAll("$TAG", bench.tag).replaceAll("$VALUE", "1");
      hasStatus(await bench.post(key, { payload: invalid }), status, "the invalid payload");
      const corrected = await bench.post(key);
      if (bench.profile.policies.afterRefusal === "free") bench.succeeded(corrected, "the corrected payload");
      else bench.mismatches(corrected, "the corrected payload");
      await bench.hasEffects(bench.profile.policies.afterRefusal === "free" ? 1 : 0);
    },
  },
  {
    id: "failure-before-the-effect",
    title:
      "After a failure before the effect, the retry runs once, or repeats the failure, as the policy says",
    source: STRIPE_ERRORS,
    shows: [64],
    needs: ["failBefore", "counting"],
    run: (bench) => failsThenRetries(bench, "failBefore"),
  },
  {
    id: "failure-after-the-effect",
    title: "After a failure behind the effect, no retry makes a second effect",
    source: STRIPE_ERRORS,
    shows: [63],
    needs: ["failAfter", "counting"],
    run: (bench) => failsThenRetries(bench, "failAfter"),
  },
  {
    id: "failures-in-a-row",
    title: "Failures before and after the effect, one upon the other: one effect in the end",
    source: bug("the second retry after a partial failure ran from the start"),
    needs: ["failBefore", "failAfter", "counting"],
    run: async (bench) => {
      const key = bench.key();
      for (const fault of ["failAfter", "failBefore", "failAfter"] as const)
        await bench.post(key, { fault: bench.fault([fault]) });
      const last = await bench.post(key);
      check((await bench.effects()) <= 1, "more than one effect");
      bench.repeats(await bench.post(key), last);
      check((await bench.effects()) <= 1, "more than one effect");
    },
  },
  {
    id: "failed-key-belongs-to-its-payload",
    title: "After a failed attempt, another payload with the key is refused",
    source: draft("2.7"),
    needs: ["failAfter", "counting"],
    run: async (bench) => {
      if (bench.profile.policies.afterFailure === "forgotten")
        throw new NotApplicable("the target forgets keys of failed attempts");
      const key = bench.key();
      await bench.post(key, { fault: bench.fault(["failAfter"]) });
      bench.mismatches(await bench.post(key, { value: "2" }), "another payload");
      check((await bench.effects()) <= 1, "more than one effect");
    },
  },
  {
    id: "failure-while-others-wait",
    title: "If the attempt fails that others wait for, they get its failure or one of them runs",
    source: bug("waiting requests hung when the owner failed"),
    needs: ["delay", "failAfter", "counting"],
    run: async (bench) => {
      const key = bench.key();
      const fault = bench.fault(["delay", 2500], ["failAfter"]);
      const first = bench.post(key, { fault });
      await bench.isRunning(key);
      await Promise.all(times(5, () => bench.post(key, bench.profile.preferWait ? { wait_s: 20 } : {})));
      check((await first).status >= 500, `the first request got ${(await first).status}`);
      const last = await bench.settled(key);
      bench.repeats(await bench.post(key), last);
      check((await bench.effects()) <= 1, "more than one effect");
    },
  },
  {
    id: "panic",
    title: "A bug that ends the handler is answered, and the key is not stuck",
    source: bug("an exception outside the error handling left the lock behind"),
    shows: [67],
    needs: ["panic", "counting"],
    // It may end what other requests run in.
    alone: true,
    run: async (bench) => {
      const key = bench.key();
      const broken = await bench.post(key, { fault: bench.fault(["panic"]) });
      check(broken.status >= 500, `expected 5xx, got ${broken.status}`);
      check(broken.receivedAt - broken.sentAt < 20_000, "it took longer than a client waits");
      if (bench.profile.policies.afterFailure === "replayed") await bench.settled(key);
      else await bench.isHealed(key, 0);
    },
  },
  {
    id: "panic-beside-others",
    title: "A bug in one request leaves requests of other keys answered, and their keys usable",
    source: bug("a crash in one handler took its neighbours down"),
    needs: ["panic", "delay", "counting"],
    alone: true,
    run: async (bench) => {
      const keys = times(10, () => bench.key());
      const fault = bench.fault(["delay", 2500]);
      const neighbours = keys.map((key) => bench.post(key, { fault }));
      await bench.isRunning(keys[9]!);
      await bench.post(bench.key(), { fault: bench.fault(["panic"]), tag: `${bench.tag}panic` });
      for (const answer of await Promise.all(neighbours))
        check(answer.receivedAt - answer.sentAt < 20_000, "a neighbour waited longer than a client does");
      for (const key of keys) bench.succeeded(await bench.recovered(key), "a neighbour's retry");
      await bench.hasEffects(10);
    },
  },
  {
    id: "refused-caller",
    title: "A refused credential is not saved: with a good one the key then runs",
    source: STRIPE,
    shows: [68],
    needs: ["callers.refused"],
    run: async (bench) => {
      const key = bench.key();
      hasStatus(
        await bench.post(key, { caller: bench.profile.callers!.refused! }),
        [401, 403],
        "the bad one",
      );
      await bench.first(key);
      await bench.hasEffects(1);
    },
  },
  {
    id: "shape-opt-out",
    title: "An answer that asks not to be saved is treated as the policy says",
    source: policy("a way for handlers to opt out"),
    shows: [70],
    needs: ["shapes.optOut"],
    run: async (bench) => {
      const key = bench.key();
      const call = { route: bench.profile.shapes!.optOut! };
      const first = await bench.post(key, call);
      check(!(await bench.post(key, call)).body.equals(first.body), "it was saved all the same");
    },
  },
  {
    id: "rate-limited",
    title: "429 and 503 of a limiter in front are not saved",
    source: STRIPE,
    shows: [65],
    needs: ["shapes.limited"],
    run: async (bench) => {
      const key = bench.key();
      const call = { route: bench.profile.shapes!.limited! };
      for (const _ of times(2, () => 0)) {
        const answer = await bench.post(key, call);
        hasStatus(answer, [429, 503], "the limited request");
        check(!bench.isMarked(answer), "it was replayed");
      }
    },
  },
];

async function failsThenRetries(bench: Bench, fault: "failBefore" | "failAfter"): Promise<void> {
  const key = bench.key();
  const failed = await bench.post(key, { fault: bench.fault([fault]) });
  check(failed.status >= 500, `the failed attempt got ${failed.status}`);
  if (bench.profile.policies.afterFailure === "replayed") {
    bench.replays(await bench.post(key), failed);
    return bench.hasEffects(fault === "failBefore" ? 0 : 1);
  }
  await bench.isHealed(key, fault === "failBefore" ? 0 : 1);
}
