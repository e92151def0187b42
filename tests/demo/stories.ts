// What clients do: short stories of one key each.

import type { Random } from "../chaos/random.ts";
import { type Operation, PATHS, type Request, type Visitor } from "./visitor.ts";

export interface Story {
  /** How many requests it takes, about: how long to wait before the next story. */
  requests: number;
  tell(visitor: Visitor): Promise<void>;
}

/** The usual case: one request, one answer. */
const once: Story = {
  requests: 1,
  async tell(visitor) {
    await visitor.send({ ...request(visitor.random), ...slowly(visitor.random, 40, 0.3) });
  },
};

/** The answer got lost, or the client thinks so: it sends the same request again, later each time. */
const retried: Story = {
  requests: 3,
  async tell(visitor) {
    const again = request(visitor.random);
    await visitor.send(again);
    for (let retry = 0; retry < visitor.random.pick([1, 1, 1, 2, 3]); retry++) {
      await visitor.pause(60 * 4 ** retry, 400 * 4 ** retry);
      await visitor.send(again);
    }
  },
};

/** Somebody clicks twice; the second request meets the first one running. */
const clickedTwice: Story = {
  requests: 3,
  async tell(visitor) {
    const click = request(visitor.random);
    const first = visitor.send({ ...click, fault: `delay=${visitor.random.between(150, 500)}` });
    await visitor.pause(40, 120);
    const second = await visitor.send(click);
    await first;
    if (second === "in_progress") await visitor.send(click);
  },
};

/** A client that asks to wait gets the first answer as soon as it is there. */
const waited: Story = {
  requests: 2,
  async tell(visitor) {
    const click = request(visitor.random);
    const first = visitor.send({ ...click, fault: `delay=${visitor.random.between(200, 900)}` });
    await visitor.pause(40, 120);
    await Promise.all([first, visitor.send({ ...click, wait: 5 })]);
  },
};

/** An operation that takes its time. */
const slow: Story = {
  requests: 1,
  async tell(visitor) {
    await visitor.send({ ...request(visitor.random), fault: `delay=${visitor.random.between(200, 1500)}` });
  },
};

/** A client uses a key for two requests. */
const confused: Story = {
  requests: 2,
  async tell(visitor) {
    const first = request(visitor.random);
    await visitor.send(first);
    await visitor.pause(50, 600);
    await visitor.send({ ...first, payload: payloadOf(first.operation, visitor.random) });
  },
};

/** An attempt fails, before its effect or after it; the retry recovers the key. */
const failed: Story = {
  requests: 2,
  async tell(visitor) {
    const again = request(visitor.random);
    await visitor.send({ ...again, fault: visitor.random.pick(["fail-before", "fail-after"]) });
    await visitor.pause(100, 1500);
    await visitor.send(again);
  },
};

/** The object dies in the middle of an attempt. */
const crashed: Story = {
  requests: 2,
  async tell(visitor) {
    const again = request(visitor.random);
    await visitor.send({ ...again, fault: visitor.random.pick(["abort-before", "abort-after"]) });
    await visitor.pause(100, 500);
    await visitor.send(again);
  },
};

/** Somebody writes a client: no key, half a key, and not what the operation takes. */
const mistaken: Story = {
  requests: 1,
  async tell(visitor) {
    const { key, ...rest } = request(visitor.random);
    const mistakes: Request[] = [
      rest,
      { ...rest, key: key!.slice(0, 13) },
      { ...rest, key: key!, payload: {} },
    ];
    await visitor.send(visitor.random.pick([...mistakes, mistakes[2]!]));
  },
};

/** So many requests with one key at once, and once more those that met a running one. */
function storm(clients: number): Story {
  return {
    requests: clients * 1.5,
    async tell(visitor) {
      const same = request(visitor.random);
      const first = visitor.send({ ...same, fault: "delay=2000" });
      const others = Array.from({ length: clients - 1 }, async () => {
        await visitor.pause(50, 1200);
        if ((await visitor.send(same)) !== "in_progress" || visitor.random.chance(0.5)) return;
        await visitor.pause(2000, 4000);
        await visitor.send(same);
      });
      await Promise.all([first, ...others]);
    },
  };
}

/** What there is on a good day, by weight. */
export const CALM: (readonly [weight: number, story: Story])[] = [
  [50, once],
  [16, retried],
  [6, clickedTwice],
  [3, waited],
  [4, slow],
  [2, confused],
  [1, failed],
  [0.5, crashed],
  [5, mistaken],
  [0.5, storm(8)],
];

/** What a bad day has: a name for those who watch, and the stories while it lasts. */
export const INCIDENTS: { name: string; stories: typeof CALM }[] = [
  {
    name: "a client uses one key for many requests",
    stories: [
      [2, confused],
      [1, once],
    ],
  },
  {
    name: "attempts fail",
    stories: [
      [2, failed],
      [1, once],
    ],
  },
  { name: "a storm on one key", stories: [[1, storm(80)]] },
];

const NAMES = ["Lathe", "Drill press", "Band saw", "Planer", "Jointer", "Router table", "Dust collector"];
const THINGS = ["coffee machine", "month of hosting", "train ticket", "pair of boots", "box of screws"];
const CURRENCIES = ["USD", "EUR", "GBP", "CHF"];
const ACTIONS = ["login", "logout", "api_access", "config_change", "data_access"];

function request(random: Random): Request & { key: string } {
  const operation = random.weigh([
    [4, "create_transaction"],
    [3, "create_resource"],
    [2, "create_audit_log"],
  ] as const);
  return { operation, key: random.uuid(), payload: payloadOf(operation, random) };
}

/** No two are alike. */
function payloadOf(operation: Operation, random: Random): unknown {
  const number = random.between(1, 1_000_000);
  switch (operation) {
    case "create_resource":
      return { name: random.pick(NAMES), metadata: { number } };
    case "create_transaction":
      return {
        amount: random.between(100, 50_000) / 100,
        currency: random.pick(CURRENCIES),
        description: `One ${random.pick(THINGS)}, order ${number}`,
      };
    case "create_audit_log":
      return { user_id: `user-${number % 500}`, action: random.pick(ACTIONS), details: { number } };
  }
}

/** Now and then an operation takes a little longer. */
function slowly(random: Random, longestMs: number, probability: number): { fault?: string } {
  return random.chance(probability) ? { fault: `delay=${random.between(1, longestMs)}` } : {};
}
