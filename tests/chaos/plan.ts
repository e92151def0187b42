// What will be asked with each key, by whom, and what is to go wrong with it: a function of seed and number.

import type { Random } from "./random.ts";

/** The service's attempt deadline in this run, in seconds: short, so that attempts outlive it. */
export const ATTEMPT_DEADLINE_S = 3;

/** Bearer tokens. */
export const CALLERS = ["ada", "grace", "edsger", "barbara"] as const;

const RESOURCES = "/api/v1/operations/resources";
const TRANSACTIONS = "/api/v1/operations/transactions";
const AUDIT_LOG = "/api/audit/log";
const PATHS = [RESOURCES, TRANSACTIONS, AUDIT_LOG] as const;
type Path = (typeof PATHS)[number];

export interface KeyPlan {
  caller: string;
  key: string;
  devices: DevicePlan[];
}

/** A client with one request to get through: what it sends each time, and when it stops. */
export interface DevicePlan {
  name: string;
  request: RequestPlan;
  field: "X-Idempotency-Key" | "Idempotency-Key";
  /** When it starts, in milliseconds after the key's first request may. */
  startsAfterMs: number;
  /** How many requests it sends at most without success. */
  patience: number;
  /** How long it is out of reach after its first request, in milliseconds. */
  awayMs: number;
  tries: TryPlan[];
}

export interface RequestPlan {
  /** Rows and history name it so. */
  name: string;
  path: Path;
  valid: boolean;
  /** One JSON value, written in several ways. */
  spellings: string[];
}

export interface TryPlan {
  spelling: string;
  fault?: string;
  waitS: number;
  /** After how many milliseconds the client hangs up. */
  disconnectsAfterMs?: number;
  /** It gets the answer and loses it, as an app does that is closed at that moment. */
  forgets: boolean;
  /** From 0 to 1: how much of the longest pause it waits before the next request. */
  jitter: number;
}

/** After so many requests a device meets no more trouble of its own: it is to end. */
const TROUBLED_TRIES = 6;

/** The idle time after which the runtime evicts an object is 10 seconds; this is longer. */
const AWAY_MS = [11_500, 13_000] as const;

/** `mayBeAway` is false for keys whose devices would return after the run's end. */
export function planKey(seed: Random, index: number, mayBeAway: boolean): KeyPlan {
  const random = seed.fork(index);
  // One in eight has the key of its predecessor, and another caller: independent of each other.
  const shared = index > 0 && random.chance(1 / 8);
  const key = seed.fork(shared ? index - 1 : index).uuid();
  const caller = CALLERS[index % CALLERS.length]!;
  const path = random.pick(PATHS);
  const own = requestPlan(random, "own", path, key);
  const broken: RequestPlan = { name: "broken", path, valid: false, spellings: ["{}", '{"name":""}'] };
  const device = (
    name: string,
    request: RequestPlan,
    startsAfterMs: number,
    change: Partial<DevicePlan> = {},
  ) => devicePlan(random, { name, request, startsAfterMs, ...change });

  if (random.chance(0.02)) return { caller, key, devices: [device("phone", broken, 0, { patience: 3 })] };
  if (mayBeAway && random.chance(0.15)) {
    const phone = device("phone", own, 0, { awayMs: random.between(...AWAY_MS) });
    Object.assign(phone.tries[0]!, { fault: random.pick(["fail-before", "fail-after", "abort-after"]) });
    return { caller, key, devices: [phone] };
  }
  const devices = [
    device("phone", own, 0, { patience: random.chance(0.1) ? random.between(1, 2) : Infinity }),
  ];
  if (random.chance(0.35)) devices.push(device("tablet", own, random.between(0, 150)));
  if (random.chance(0.03))
    for (let member = 1; member <= 10; member++) devices.push(device(`crowd-${member}`, own, 0));
  if (random.chance(0.25)) {
    const otherPath = random.chance(0.3) ? random.pick(PATHS.filter((other) => other !== path)) : path;
    const other = requestPlan(random, "other", otherPath, key);
    devices.push(device("stranger", other, random.between(0, 1500), { patience: 3 }));
  }
  if (random.chance(0.08)) devices.push(device("careless", broken, random.between(0, 800), { patience: 3 }));
  if (random.chance(0.2)) devices.push(device("reopened", own, random.between(2000, 6000)));
  return { caller, key, devices };
}

function devicePlan(
  random: Random,
  given: Pick<DevicePlan, "name" | "request" | "startsAfterMs"> & Partial<DevicePlan>,
): DevicePlan {
  const field = random.chance(0.7) ? "X-Idempotency-Key" : "Idempotency-Key";
  const tries = Array.from({ length: TROUBLED_TRIES }, () => troubledTry(random, given.request.spellings));
  return { field, patience: Infinity, awayMs: 0, tries, ...given };
}

function troubledTry(random: Random, spellings: string[]): TryPlan {
  const fault = random.chance(0.45) ? faultPlan(random) : undefined;
  const disconnectsAfterMs = random.chance(0.12) ? random.between(0, 400) : undefined;
  return {
    spelling: random.pick(spellings),
    waitS: random.chance(0.25) ? random.between(1, 4) : 0,
    forgets: random.chance(0.15),
    jitter: random.next(),
    ...(fault !== undefined && { fault }),
    ...(disconnectsAfterMs !== undefined && { disconnectsAfterMs }),
  };
}

function faultPlan(random: Random): string {
  const delay = `delay=${random.between(20, 900)}`;
  const tooLong = `delay=${random.between(ATTEMPT_DEADLINE_S * 1000 - 50, ATTEMPT_DEADLINE_S * 1000 + 1500)}`;
  const end = random.weigh([
    [3, "abort-before"],
    [4, "abort-after"],
    [2, "fail-before"],
    [3, "fail-after"],
    [1, "panic"],
  ]);
  return random.weigh([
    [5, end],
    [3, `${delay},${end}`],
    [5, delay],
    [1, tooLong],
    [1, `overrun,${tooLong}`],
  ]);
}

/** A request that the service accepts. `name` goes into what it makes, so that rows tell where they are from. */
function requestPlan(random: Random, name: string, path: Path, key: string): RequestPlan {
  const cents = random.between(1, 99_999);
  const members: Record<Path, [name: string, json: string][]> = {
    [RESOURCES]: [
      ["name", JSON.stringify(name)],
      ["description", random.pick(["null", '"Zürich, ☃"'])],
      ["metadata", `{"n":${cents}}`],
    ],
    [TRANSACTIONS]: [
      ["amount", (cents / 100).toFixed(2)],
      ["currency", '"EUR"'],
      ["description", JSON.stringify(name)],
    ],
    // A row of the audit log has no key in it, so its user tells.
    [AUDIT_LOG]: [
      ["user_id", JSON.stringify(key)],
      ["action", '"data_access"'],
      ["details", JSON.stringify({ request: name })],
    ],
  };
  const spelled = (separator: string) =>
    `{${random
      .shuffle(members[path])
      .map(([member, json]) => `${separator}"${member}": ${json}`)
      .join(",")}}`;
  return { name, path, valid: true, spellings: [spelled(""), spelled("\n  "), spelled(" ")] };
}
