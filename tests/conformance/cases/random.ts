// 1000 requests at random, against the model: 20 keys × 3 bodies × 2 callers, alone and in crowds, with faults.

import type { Bench, Call } from "../bench.ts";
import { type Case, check, times } from "../case.ts";
import { type Answered, type Asked, type Key, next } from "../model.ts";
import type { Field } from "../profile.ts";
import { inLanes } from "../suite.ts";
import type { Answer } from "../wire.ts";
import { bug } from "./sources.ts";

const KEYS = 20;
const BODIES = 3;
const REQUESTS_PER_KEY = 25;
/** Every order of a crowd is tried, and there are 24 of four. */
const CROWD = 4;
const LANES = 8;
const LONGEST_DELAY_MS = 30;

export const RANDOM: Case[] = [
  {
    id: "random-run",
    title: "1000 requests at random do what a model of thirty lines says; one effect per key and caller",
    source: bug("all of them, together"),
    shows: [104],
    needs: ["counting"],
    waits: true,
    run: async (bench) => {
      const { first = [], second } = bench.profile.callers ?? { first: [] };
      const callers = second ? [first, second] : [first];
      const random = generator(bench.target.seed);
      const histories = times(KEYS, () => bench.key()).flatMap((key, i) =>
        callers.map((caller) => ({ key, caller, tag: `${bench.tag}k${i}`, steps: plan(bench, random) })),
      );
      await inLanes(LANES, histories, (history) => follow(bench, history));
    },
  },
];

interface History {
  key: string;
  caller: Field[];
  tag: string;
  /** Each a crowd of requests that are sent at once. */
  steps: Asked[][];
}

function plan(bench: Bench, random: () => number): Asked[][] {
  const upTo = (count: number) => Math.floor(random() * count);
  const crashes = ["crashBefore", "crashAfter"] as const;
  const faults = (["delay", "failBefore", "failAfter", ...crashes] as const).filter((fault) =>
    bench.can(fault),
  );
  const steps: Asked[][] = [];
  for (let left = REQUESTS_PER_KEY; left > 0; left -= steps.at(-1)!.length) {
    const size = Math.min(left, random() < 0.7 ? 1 : 2 + upTo(CROWD - 1));
    const crowd: Asked[] = times(size, () => {
      const fault = random() < 0.4 ? faults[upTo(faults.length)] : undefined;
      const body = random() < 0.7 ? 0 : upTo(BODIES);
      return { body, ...(fault && { fault }), crowded: size > 1, crashNearby: false };
    });
    const crashNearby = crowd.some(({ fault }) => crashes.some((crash) => crash === fault));
    steps.push(crowd.map((asked) => ({ ...asked, crashNearby })));
  }
  return steps;
}

/** Sends what is planned for one key of one caller, and lets the model judge each crowd's answers. */
async function follow(bench: Bench, { key, caller, tag, steps }: History): Promise<void> {
  let states: Key[] = [{}];
  for (const [number, crowd] of steps.entries()) {
    const answers = await Promise.all(crowd.map((asked) => ask(bench, key, { caller, tag }, asked)));
    const after = explain(bench, states, crowd, answers);
    const story = crowd
      .map((asked, i) => `${asked.body} ${asked.fault ?? ""} → ${answers[i]!.is}`)
      .join("; ");
    check(
      after.length > 0,
      `seed ${bench.target.seed}, ${tag}, step ${number}: no order explains [${story}]`,
    );
    states = after;
  }
  const body = states[0]!.body ?? 0;
  const last = await bench.recovered(key, { caller, tag, value: `${body}` });
  if (last.status !== bench.profile.expects.success) return;
  check((await bench.effects({ tag, caller })) === 1, `${tag}: there is not one effect`);
}

async function ask(bench: Bench, key: string, call: Call, { body, fault }: Asked): Promise<Answered> {
  const ms = 1 + ((body * 13) % LONGEST_DELAY_MS);
  const asked = { ...call, value: `${body}`, ...(fault && { fault: bench.fault([fault, ms]) }) };
  const answer = await bench.post(key, asked).catch(() => undefined);
  return answer ? classify(bench, answer) : { is: "failed", text: "the answer was lost" };
}

function classify(bench: Bench, answer: Answer): Answered {
  const { mismatch, success } = bench.profile.expects;
  const { text, status } = answer;
  if (bench.isMarked(answer)) return { is: "replayed", text };
  if (bench.isHeld(answer)) return { is: "held", text };
  if (bench.isInProgress(answer)) return { is: "inProgress", text };
  if (status === mismatch) return { is: "mismatch", text };
  check(status === success || status >= 500, `an answer of no kind: ${status} ${text.slice(0, 100)}`);
  return { is: status === success ? "unmarked" : "failed", text };
}

/** The states that some order of the crowd leads to. */
function explain(bench: Bench, states: Key[], crowd: Asked[], answers: Answered[]): Key[] {
  const { policies, expects } = bench.profile;
  const policy = {
    failuresAreSaved: policies.afterFailure === "replayed",
    holds: bench.holds,
    marked: expects.replayMarker !== undefined,
  };
  const reached = new Map<string, Key>();
  for (const order of orders(crowd.map((_, i) => i))) {
    let now = states;
    for (const i of order) now = now.flatMap((state) => next(state, crowd[i]!, answers[i]!, policy));
    for (const state of now) reached.set(JSON.stringify(state), state);
  }
  return [...reached.values()];
}

function orders(items: number[]): number[][] {
  if (items.length <= 1) return [items];
  return items.flatMap((item) =>
    orders(items.filter((other) => other !== item)).map((rest) => [item, ...rest]),
  );
}

/** Mulberry32: small, and the same everywhere. */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
