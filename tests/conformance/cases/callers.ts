// Two callers, and what they may learn of each other.

import type { Bench } from "../bench.ts";
import { type Case, check, equal, hasStatus, times } from "../case.ts";
import { bug, policy, rfc, STRIPE } from "./sources.ts";

export const CALLERS: Case[] = [
  {
    id: "two-callers",
    title: "Two callers with one key and one payload: two effects, two answers",
    source: STRIPE,
    shows: [89],
    needs: ["callers"],
    run: async (bench) => {
      const key = bench.key();
      const [mine, theirs] = await both(bench, key);
      check(!mine.body.equals(theirs.body), "one caller got the other's answer");
      bench.replays(await bench.post(key), mine);
      bench.replays(await bench.post(key, second(bench)), theirs, "the other caller's retry");
      for (const caller of [{}, second(bench)]) await bench.hasEffects(1, caller);
    },
  },
  {
    id: "two-callers-two-payloads",
    title: "Another caller's payload is no mismatch",
    source: STRIPE,
    shows: [90],
    needs: ["callers"],
    run: async (bench) => {
      const key = bench.key();
      await bench.first(key);
      await bench.first(key, { ...second(bench), value: "2" });
    },
  },
  {
    id: "two-callers-at-once",
    title: "Two callers with one key at once do not block each other",
    source: bug("locks were named after the key alone"),
    needs: ["callers", "delay"],
    run: async (bench) => {
      const key = bench.key();
      const running = bench.post(key, { fault: bench.fault(["delay", 4000]) });
      await bench.isRunning(key);
      const theirs = await bench.first(key, second(bench));
      check(theirs.receivedAt < (await running).receivedAt, "the second caller waited for the first");
    },
  },
  {
    id: "rotated-credential",
    title: "A caller with a new credential is the same caller or another one, as the policy says",
    source: policy("what names a caller"),
    shows: [91],
    needs: ["callers.rotated"],
    run: async (bench) => {
      const key = bench.key();
      const { fields, scope } = bench.profile.callers!.rotated!;
      const first = await bench.first(key);
      const later = await bench.post(key, { caller: fields });
      if (scope === "same") bench.replays(later, first);
      else check(!later.body.equals(first.body) && !bench.isMarked(later), "it got the first answer");
    },
  },
  {
    id: "anonymous-caller",
    title: "Who has no credential is refused, or is one caller apart from those who have",
    source: policy("requests without a credential"),
    shows: [92],
    needs: ["callers.anonymous"],
    run: async (bench) => {
      const key = bench.key();
      const mine = await bench.first(key);
      const answer = await bench.post(key, { caller: bench.profile.callers!.anonymous! });
      check(!answer.body.equals(mine.body) && !bench.isMarked(answer), "it got a caller's answer");
      if (bench.profile.policies.anonymous === "refused")
        hasStatus(answer, [401, 403], "without a credential");
      else bench.succeeded(answer, "without a credential");
      bench.replays(await bench.post(key), mine);
    },
  },
  {
    id: "squatted-key",
    title: "A key that somebody else has used first is not lost to its caller",
    source: bug("keys were global, and could be taken in advance"),
    shows: [93],
    needs: ["callers"],
    run: async (bench) => {
      const key = bench.key();
      await bench.first(key, { ...second(bench), value: '"taken"' });
      const mine = await bench.first(key);
      bench.replays(await bench.post(key), mine);
      await bench.hasEffects(1);
    },
  },
  {
    id: "foreign-key-status",
    title: "The status of somebody else's key looks like that of an unknown one",
    source: rfc(9110, "15.5.5"),
    shows: [94],
    needs: ["callers", "status"],
    run: async (bench) => {
      const key = bench.key();
      await bench.first(key);
      const foreign = await bench.look(key, second(bench));
      const unknown = await bench.look(bench.key(), second(bench));
      hasStatus(foreign, 404, "a foreign key");
      equal(withoutIds(foreign.text), withoutIds(unknown.text), "the answer for a foreign key");
      const names = ({ fields }: typeof foreign) => fields.map(([name]) => name.toLowerCase()).join();
      equal(names(foreign), names(unknown), "the fields for a foreign key");
    },
  },
  {
    id: "errors-keep-secrets",
    title: "Refusals repeat nothing of the payload, nor the key of another request's record",
    source: rfc(9457, "5"),
    shows: [95],
    run: async (bench) => {
      const secret = `secret${bench.tag}`;
      const key = bench.key();
      const first = await bench.first(key, { value: `"${secret}"` });
      const refusals = [
        await bench.post(key, { value: `"${secret}2"` }),
        await bench.post(bench.key(), { payload: `{"${secret}": ` }),
        await bench.post("x", { value: `"${secret}"` }),
      ];
      for (const { text, status } of refusals.filter(({ status }) => status >= 400)) {
        check(!text.includes(secret), `a ${status} repeats the payload`);
        check(!text.includes(first.text), `a ${status} repeats the first answer`);
        check(!/\bat .*(\.js|\.ts|\.py|\.rs):\d+/.test(text), `a ${status} has a stack trace`);
      }
    },
  },
  {
    id: "callers-in-a-crowd",
    title: "Ten keys, two callers, all at once: each caller gets only what is theirs",
    source: bug("answers crossed over under load"),
    needs: ["callers"],
    run: async (bench) => {
      const keys = times(10, () => bench.key());
      const pairs = await Promise.all(keys.map((key) => both(bench, key)));
      for (const [i, key] of keys.entries()) {
        bench.replays(await bench.post(key), pairs[i]![0]);
        bench.replays(await bench.post(key, second(bench)), pairs[i]![1]);
      }
      for (const caller of [{}, second(bench)]) await bench.hasEffects(10, caller);
    },
  },
];

const second = (bench: Bench) => ({ caller: bench.profile.callers!.second });

function both(bench: Bench, key: string) {
  return Promise.all([bench.first(key), bench.first(key, second(bench))]);
}

/** What is new in every answer. */
function withoutIds(text: string): string {
  return text.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/gi, "id").replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "time");
}
