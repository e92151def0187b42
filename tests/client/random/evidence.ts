// What a run leaves behind: all that the checker judges by.

import type { Passed } from "../proxy.ts";
import type { IntentPlan } from "./plan.ts";

/** How one call of a client ended. */
export type Ending =
  | { kind: "answer"; status: number; text: string; replayed: boolean }
  | { kind: "unknown"; reason: string; status?: string }
  | { kind: "changed" }
  | { kind: "deadline" }
  /** The caller stopped waiting. */
  | { kind: "aborted" }
  | { kind: "died" }
  /** Whatever else it threw. */
  | { kind: "error"; message: string };

export interface Asked {
  intent: string;
  body: keyof IntentPlan["bodies"];
  ending: Ending;
}

/** A key, as it was stored before anything was sent. */
export interface StoredKey {
  intent: string;
  createdAt: number;
}

export interface Evidence {
  plans: IntentPlan[];
  asked: Asked[];
  /** How each intent ended when nothing went wrong any more. */
  finals: Map<string, Ending>;
  /** By key. */
  stored: Map<string, StoredKey>;
  passed: Passed[];
  /** Requests whose key was not stored when they were sent. */
  unstored: Passed[];
  /** What took effect, by intent; a row each. */
  effects: Map<string, string[]>;
  /** Intents that waited in an outbox for ever. */
  waiting: string[];
  /** What the stores held in the end, as text. */
  remains: string;
  kills: number;
  outages: number;
}
