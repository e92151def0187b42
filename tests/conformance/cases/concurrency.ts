// Many requests at once: one key, two payloads, many keys.

import { Bench } from "../bench.ts";
import { type Case, check, equal, hasStatus, pause, times } from "../case.ts";
import { bug, draft, policy } from "./sources.ts";

export const CONCURRENCY: Case[] = [
  {
    id: "hundred-at-once",
    title: "100 equal requests at once: one effect, and each gets the answer or is told to come back",
    source: bug("check and set were two steps"),
    shows: [51, 52],
    alone: true,
    run: async (bench) => {
      const key = bench.key();
      const answers = await Promise.all(times(100, () => bench.post(key)));
      const first = answers.find((answer) => answer.status === bench.profile.expects.success);
      check(first !== undefined, `nobody succeeded: ${answers[0]!.status} ${answers[0]!.text.slice(0, 100)}`);
      const unmarked = answers.filter((answer) => answer.status === first.status && !bench.isMarked(answer));
      if (bench.profile.expects.replayMarker) equal(unmarked.length, 1, "answers that are no replay");
      for (const answer of answers)
        if (!bench.isInProgress(answer))
          check(answer.body.equals(first.body), `another answer: ${answer.status}`);
      for (const loser of answers.filter((answer) => bench.isInProgress(answer)))
        bench.replays(await bench.post(key), first, `a loser of ${loser.status}`);
      await bench.hasEffects(1);
    },
  },
  {
    id: "hundred-at-once-slow",
    title: "100 equal requests at once on a slow operation: one effect, none hangs or breaks",
    source: bug("waiting requests exhausted a pool"),
    shows: [51, 53],
    needs: ["delay"],
    alone: true,
    run: async (bench) => {
      const key = bench.key();
      const call = { fault: bench.fault(["delay", 500]) };
      const wait = bench.profile.preferWait ? { wait_s: 20 } : {};
      const answers = await Promise.all(times(100, () => bench.post(key, { ...call, ...wait })));
      for (const answer of answers)
        hasStatus(answer, [bench.profile.expects.success, 409, 429, 503], "one of a hundred");
      await bench.hasEffects(1);
    },
  },
  {
    id: "two-payloads-race",
    title: "20 requests with two payloads at once: one payload wins, the other is refused",
    source: draft("2.7"),
    run: async (bench) => {
      const key = bench.key();
      const answers = await Promise.all(
        times(20, async (i) => ({ value: i % 2, answer: await bench.post(key, { value: `${i % 2}` }) })),
      );
      const won = answers.find(({ answer }) => answer.status === bench.profile.expects.success);
      check(won !== undefined, "nobody succeeded");
      for (const { value, answer } of answers)
        if (value === won.value)
          check(bench.isInProgress(answer) || answer.body.equals(won.answer.body), "two");
        else bench.mismatches(answer, "the payload that lost");
      await bench.hasEffects(1);
    },
  },
  {
    id: "two-hundred-keys",
    title: "200 keys at once do not wait for each other",
    source: bug("one lock for all keys"),
    shows: [55],
    needs: ["delay"],
    alone: true,
    run: async (bench) => {
      const each_ms = 500;
      const startedAt = Date.now();
      const fault = bench.fault(["delay", each_ms]);
      const answers = await Promise.all(times(200, () => bench.post(bench.key(), { fault })));
      const took_ms = Date.now() - startedAt;
      for (const answer of answers) bench.succeeded(answer, "one of 200");
      check(took_ms < (200 * each_ms) / 4, `${took_ms} ms for 200 requests of ${each_ms} ms`);
      await bench.hasEffects(200);
    },
  },
  {
    id: "lost-race",
    title: "A request whose body arrives after another has completed makes no second effect",
    source: bug("the record was read when the headers came, and used when the body had"),
    shows: [56],
    run: async (bench) => {
      const key = bench.key();
      let release = () => {};
      const hold = new Promise<void>((resolve) => (release = resolve));
      const late = bench.post(key, { hold });
      const other = bench.post(key);
      // A target that claims the key as soon as it sees the headers makes the other one wait or come back.
      await Promise.race([other, pause(1000)]);
      release();
      const answers = await Promise.all([late, other]);
      const first = answers.find((answer) => answer.status === bench.profile.expects.success);
      check(first !== undefined, `neither succeeded: ${answers[0]!.status}`);
      for (const answer of answers)
        if (!bench.isInProgress(answer)) check(answer.body.equals(first.body), "two answers for one key");
      bench.replays(await bench.post(key), first);
      await bench.hasEffects(1);
    },
  },
  {
    id: "two-addresses",
    title: "The same key at two addresses of the service at once: one effect",
    source: bug("stores that agree after a while only"),
    shows: [57],
    needs: ["secondUrl"],
    run: async (bench) => {
      const key = bench.key();
      const url = new URL(bench.profile.secondUrl!);
      const elsewhere = new Bench({ ...bench.target, url });
      await Promise.all(times(10, (i) => (i % 2 ? bench : elsewhere).post(key, { tag: bench.tag })));
      await bench.hasEffects(1);
    },
  },
  {
    id: "retry-storm",
    title: "Ten clients that repeat until they succeed: one effect, ten equal answers",
    source: policy("what a client may do, it does"),
    needs: ["delay"],
    run: async (bench) => {
      const key = bench.key();
      const call = { fault: bench.fault(["delay", 300]) };
      const answers = await Promise.all(times(10, () => bench.recovered(key, call)));
      for (const answer of answers) check(answer.body.equals(answers[0]!.body), "two answers for one key");
      await bench.hasEffects(1);
    },
  },
];
