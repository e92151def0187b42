// The same key more than once at the same time.

import { Bench } from "../bench.ts";
import { type Case, check, equal, eventually, NotApplicable, times } from "../case.ts";
import type { Answer } from "../wire.ts";
import { bug, draft, policy, rfc, STRIPE } from "./sources.ts";

/** How long a first request runs for its duplicates to arrive meanwhile. */
const RUNS_MS = 1500;

export const CONCURRENCY: Case[] = [
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
        if ([409, 429, 503].includes(answer.status))
          check(answer.field("Retry-After") !== undefined, `${answer.status} without Retry-After`);
        else bench.succeeded(answer, "one of a hundred");
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
    id: "retry-after",
    title: "Who is told to come back is told when",
    source: rfc(9110, "10.2.3"),
    shows: [49],
    needs: ["delay"],
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
    title: "A request whose body arrives after another has completed gets that one's answer",
    source: bug("the record was read when the headers came, and used when the body had"),
    shows: [56],
    run: async (bench) => {
      const key = bench.key();
      let release = () => {};
      const hold = new Promise<void>((resolve) => (release = resolve));
      const late = bench.post(key, { hold });
      const first = await bench.first(key);
      release();
      bench.replays(await late, first, "the request that lost");
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
    id: "disconnect",
    title: "A client that is cut off and retries later gets the answer; there is one effect",
    source: STRIPE,
    shows: [58],
    needs: ["delay"],
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
    needs: ["delay"],
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
