// Every case, by theme. Those that wait longest start first.

import type { Case } from "../case.ts";
import { BEHIND_GATEWAY } from "./gateway.ts";
import { CALLERS } from "./callers.ts";
import { CONCURRENCY } from "./concurrency.ts";
import { CRASHES } from "./crashes.ts";
import { ERRORS } from "./errors.ts";
import { EXPIRY } from "./expiry.ts";
import { FAILURES } from "./failures.ts";
import { FINGERPRINT } from "./fingerprint.ts";
import { KEY_FORMS } from "./key-forms.ts";
import { KEYS } from "./keys.ts";
import { LATE } from "./late.ts";
import { RANDOM } from "./random.ts";
import { REPLAY } from "./replay.ts";
import { RUNNING } from "./running.ts";
import { REPLAYED_SHAPES } from "./shapes.ts";

export const CASES: Case[] = [
  ...EXPIRY,
  ...LATE,
  ...FAILURES,
  ...KEYS,
  ...KEY_FORMS,
  ...REPLAY,
  ...REPLAYED_SHAPES,
  ...FINGERPRINT,
  ...RUNNING,
  ...CONCURRENCY,
  ...CALLERS,
  ...BEHIND_GATEWAY,
  ...ERRORS,
  ...RANDOM,
  ...CRASHES,
];
