// Every case, by theme. Those that wait longest start first.

import type { Case } from "../case.ts";
import { CALLERS } from "./callers.ts";
import { CONCURRENCY } from "./concurrency.ts";
import { CRASHES } from "./crashes.ts";
import { ERRORS } from "./errors.ts";
import { EXPIRY } from "./expiry.ts";
import { FAILURES } from "./failures.ts";
import { FINGERPRINT } from "./fingerprint.ts";
import { KEYS } from "./keys.ts";
import { RANDOM } from "./random.ts";
import { REPLAY } from "./replay.ts";
import { REPLAYED_SHAPES } from "./shapes.ts";

export const CASES: Case[] = [
  ...EXPIRY,
  ...FAILURES,
  ...KEYS,
  ...REPLAY,
  ...REPLAYED_SHAPES,
  ...FINGERPRINT,
  ...CONCURRENCY,
  ...CALLERS,
  ...ERRORS,
  ...RANDOM,
  ...CRASHES,
];
