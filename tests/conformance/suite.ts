// Runs cases against a target: those that leave each other alone side by side, the others one by one after them.

import { Abilities } from "./abilities.ts";
import { Bench, type Target } from "./bench.ts";
import { type Case, NotApplicable, pause, Unexpected } from "./case.ts";

export interface Result {
  case: Case;
  result: "passed" | "failed" | "not applicable";
  /** Of a failure or of what is not applicable. */
  reason?: string;
  duration_ms: number;
}

/** Enough to hide most of the waiting; more would measure the machine. */
const SIDE_BY_SIDE = 8;

/** Far beyond the slowest case, which waits for an attempt's deadline. */
const CASE_TIMEOUT_MS = 120_000;

export async function runSuite(
  target: Target,
  cases: Case[],
  tell: (result: Result) => void = () => {},
): Promise<Result[]> {
  const abilities = await Abilities.of(target);
  const results = new Map<Case, Result>();
  const runOne = async (aCase: Case) => {
    const result = await runCase(target, abilities, aCase);
    results.set(aCase, result);
    tell(result);
  };
  const [alone, together] = partition(cases, ({ alone }) => alone === true);
  const [waiting, working] = partition(together, ({ waits }) => waits === true);
  await Promise.all([inLanes(waiting.length, waiting, runOne), inLanes(SIDE_BY_SIDE, working, runOne)]);
  await inLanes(1, alone, runOne);
  return cases.map((aCase) => results.get(aCase)!);
}

/** Works through `items`, `lanes` of them at a time, in order of their start. */
export async function inLanes<T>(lanes: number, items: T[], work: (item: T) => Promise<void>): Promise<void> {
  const waiting = [...items];
  const lane = async () => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}

function partition<T>(items: T[], belongs: (item: T) => boolean): [T[], T[]] {
  return [items.filter(belongs), items.filter((item) => !belongs(item))];
}

async function runCase(target: Target, abilities: Abilities, aCase: Case): Promise<Result> {
  const startedAt = Date.now();
  const ended = (result: Result["result"], reason?: string): Result => ({
    case: aCase,
    result,
    ...(reason !== undefined && { reason }),
    duration_ms: Date.now() - startedAt,
  });
  const whyNot = abilities.whyNot(aCase);
  if (whyNot !== undefined) return ended("not applicable", whyNot);
  try {
    await bounded(aCase.run(new Bench(target, (need) => abilities.has(need))));
    return ended("passed");
  } catch (error) {
    if (error instanceof NotApplicable) return ended("not applicable", error.message);
    if (error instanceof Unexpected) return ended("failed", error.message);
    return ended("failed", `no answer: ${error instanceof Error ? error.message : error}`);
  }
}

async function bounded(work: Promise<void>): Promise<void> {
  const timer = new AbortController();
  const late = pause(CASE_TIMEOUT_MS, timer.signal).then(() => {
    if (!timer.signal.aborted) throw new Unexpected(`the case did not end within ${CASE_TIMEOUT_MS} ms`);
  });
  await Promise.race([work, late]).finally(() => timer.abort());
}
