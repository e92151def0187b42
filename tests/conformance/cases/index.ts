// Every case, by theme.

import type { Case } from "../case.ts";
import { FINGERPRINT } from "./fingerprint.ts";
import { KEYS } from "./keys.ts";
import { REPLAY } from "./replay.ts";
import { REPLAYED_SHAPES } from "./shapes.ts";

export const CASES: Case[] = [...KEYS, ...REPLAY, ...REPLAYED_SHAPES, ...FINGERPRINT];
