// The demo: traffic at a rate, and then the question whether the service has counted what its answers said.

import { setTimeout as sleep } from "node:timers/promises";
import { Random } from "../chaos/random.ts";
import { countedBy, Counts } from "./counts.ts";
import { CALM, INCIDENTS } from "./stories.ts";
import { Visitor } from "./visitor.ts";

export interface Plan {
  url: URL;
  /** Requests per second, on average. */
  rate: number;
  seconds: number;
  seed: number;
  /** The clients' bearer tokens, where a service checks them; otherwise any will do. */
  tokens?: (string | undefined)[];
  /** A token that may read what is counted, where that is checked. */
  operator?: string;
}

export interface Result {
  sent: Counts;
  counted: Counts;
  unanswered: number;
}

/** Where nobody checks them, a caller is whoever it says, or nobody in particular. */
export const TOKENS = ["demo-app", "demo-web", "demo-shop", "demo-till", undefined];

/** Each half minute has a calm beginning, an incident and a calm end. */
const PERIOD_S = 30;
const INCIDENT_S = [10, 22] as const;

/** How many requests may be under way: more would make a slow server slower, and no request faster. */
const MOST_UNDER_WAY = 400;

/** How long counts may be under way, in milliseconds: those of an object that was reset come with later ones. */
const SETTLING_MS = 20_000;

/** Sends the traffic; `isOver` ends it early, `report` is called with a word on how it goes. */
export async function demo(
  plan: Plan,
  report: (line: string) => void,
  isOver = () => false,
): Promise<Result> {
  const before = await countedBy(plan.url, plan.operator);
  const sent = new Counts();
  const unansweredBefore = Visitor.unanswered;
  await send(plan, sent, report, isOver);
  report("Waiting for the last counts…");
  const counted = await settled(plan, before, sent);
  return { sent, counted, unanswered: Visitor.unanswered - unansweredBefore };
}

async function send(plan: Plan, sent: Counts, report: (line: string) => void, isOver: () => boolean) {
  const random = new Random(plan.seed);
  const incidents = random.shuffle(INCIDENTS);
  const visitors = (plan.tokens ?? TOKENS).map(
    (token, at) => new Visitor(plan.url, token, random.fork(at), sent),
  );
  const stories = new Set<Promise<void>>();
  const started = performance.now();
  let due = 0;
  while (due < plan.seconds && !isOver()) {
    const incident = incidentAt(due, incidents);
    const story = random.weigh(incident?.stories ?? CALM);
    const told = story.tell(random.pick(visitors)).finally(() => stories.delete(told));
    stories.add(told);
    due += (story.requests / plan.rate) * -Math.log(1 - random.next());
    report(
      `${Math.floor(due)} s of ${plan.seconds} s, ${sent.total} answers${incident ? `: ${incident.name}` : ""}`,
    );
    await sleep(Math.max(0, started + due * 1000 - performance.now()));
    while (stories.size > MOST_UNDER_WAY) await Promise.race(stories);
  }
  report("Waiting for the last answers…");
  await Promise.all(stories);
}

function incidentAt(second: number, incidents: typeof INCIDENTS) {
  const within = second % PERIOD_S;
  const isOne = within >= INCIDENT_S[0] && within < INCIDENT_S[1];
  return isOne ? incidents[Math.floor(second / PERIOD_S) % incidents.length] : undefined;
}

/** What the service has counted since `before`, as soon as that is `sent`, or when it will not be any more. */
async function settled({ url, operator }: Plan, before: Counts, sent: Counts): Promise<Counts> {
  const deadline = performance.now() + SETTLING_MS;
  for (;;) {
    const counted = (await countedBy(url, operator)).minus(before);
    const isEqual = counted.equals(sent);
    // What is counted twice comes late, too: equal is what stays equal while a batch is gathered and handed over.
    if (isEqual) await sleep(2000);
    if (isEqual || performance.now() > deadline) return (await countedBy(url, operator)).minus(before);
    await sleep(250);
  }
}
