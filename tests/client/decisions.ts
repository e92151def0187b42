/** Runs a case of packages/client/vectors through the pure functions alone: what stands in for the rest is this file. */

import { createHash } from "node:crypto";
import {
  claim,
  isEntry,
  kindOf,
  lastByte,
  next,
  settle,
  type Answer,
} from "../../packages/client/src/decide.ts";
import type { Entry, StoredRequest } from "../../packages/client/src/types.ts";
import { DEFAULTS, type Case, type Effect, type Step, type VectorRequest } from "./vectors.ts";

interface Call {
  request: VectorRequest;
  deadline: number;
  sends: number;
  newKey: string;
  replace: boolean | undefined;
  kept: StoredRequest | undefined;
  held?: Entry;
}

/** What the pure functions have a client do at each step. */
export function decided({ options, stored = {}, steps }: Case): Effect[][] {
  const { attemptMs, deadlineMs, lifetimeMs, ...rest } = { ...DEFAULTS, ...options };
  const store = new Map<string, unknown>(Object.entries(stored));
  const calls = new Map<number, Call>();
  const intents = new Map<number, string>();
  return steps.map((step) => {
    const id = step.call ?? 1;
    const effects: Effect[] = [];
    const end = (error: string, reason?: string) => {
      calls.delete(id);
      effects.push({ effect: "fail", error, ...(reason && { reason }) } as Effect);
    };

    /** Returns whether it could be written. */
    const write = (entry: Entry) => {
      if (step.storeFails) return false;
      store.set(entry.intent, entry);
      effects.push({ effect: "store", entry });
      return true;
    };

    const send = () => {
      const call = calls.get(id)!;
      const intent = intents.get(id)!;
      const fresh: Entry = {
        version: 1,
        intent,
        key: call.newKey,
        digest: digestOf(call.request),
        state: "pending",
        inDoubt: 1,
        createdAt: step.at,
        seenAt: step.at,
        expiresAt: step.at + lifetimeMs,
        request: call.kept,
      };
      const claimed = claim(fresh, call.replace, step.at, call.held, store.get(intent));
      if (claimed === "changed") return end("IntentChangedError");
      if (typeof claimed === "string") return end("OutcomeUnknownError", claimed);
      if (!write(claimed)) return end("StoreError");
      call.held = claimed;
      call.sends++;
      const { method, url, headers, body } = call.request;
      const lower = Object.fromEntries(Object.entries(headers).map(([k, v]) => [k.toLowerCase(), v]));
      const { key } = call.held;
      effects.push({
        effect: "send",
        method,
        url,
        headers: {
          ...(rest.preferWaitS > 0 && { prefer: `wait=${rest.preferWaitS}` }),
          ...lower,
          [rest.keyField.toLowerCase()]: key,
        },
        ...(body !== undefined && { body }),
        timeoutAt: Math.min(step.at + attemptMs, call.deadline, lastByte(call.held)),
      });
    };

    const ended = (answer: Answer | undefined) => {
      const call = calls.get(id)!;
      if (answer) {
        const settled = settle(answer, step.at, call.held!, store.get(call.held!.intent));
        if (settled !== "changed") {
          write(settled);
          call.held = settled;
        }
      }
      const what = next(call.held!, answer, call.sends, call.deadline, step.at, step.random!);
      if (typeof what === "number") return effects.push({ effect: "wait", until: what });
      if (what === "deadline") return end("DeadlineExceededError");
      if (what !== "definitive") return end("OutcomeUnknownError", what);
      calls.delete(id);
      effects.push({ effect: "respond", status: answer!.response.status });
    };

    const begin = (request: VectorRequest, keep: boolean | undefined, replace?: boolean) => {
      if (step.intent === "") return end("TypeError");
      const sent = { ...request, url: request.url.split("#")[0]! };
      intents.set(id, step.intent!);
      calls.set(id, {
        request: sent,
        deadline: step.at + deadlineMs,
        sends: 0,
        newKey: step.newKey!,
        replace,
        kept: (keep ?? rest.keep) ? keptOf(sent) : undefined,
      });
      send();
    };

    const resume = () => {
      const entry = store.get(step.intent!);
      if (!isEntry(entry, step.intent!) || !entry.request) return end("TypeError");
      const { method, url, headers, body } = entry.request;
      const text = body === undefined ? {} : { body: Buffer.from(body, "base64").toString() };
      begin({ method, url, headers: { ...Object.fromEntries(headers), ...step.headers }, ...text }, true);
    };

    const happenings: Record<Step["event"], () => unknown> = {
      call: () => begin(step.request!, step.keep, step.replace),
      resume,
      answer: () => {
        const response = { status: step.status!, headers: new Headers(step.headers) };
        ended({ response, kind: kindOf(response, step.body!) });
      },
      "network-error": () => ended(undefined),
      timeout: () => ended(undefined),
      timer: send,
      abort: () => end("AbortError"),
      acknowledge: () =>
        store.delete(step.intent!) && effects.push({ effect: "remove", intent: step.intent! }),
      pending: () =>
        effects.push({
          effect: "list",
          entries: [...store].map(([intent, entry]) =>
            isEntry(entry, intent) ? entry : { intent, state: "corrupt" },
          ),
        }),
      restart: () => calls.clear(),
      "storage-cleared": () => store.clear(),
    };
    happenings[step.event]();
    return effects;
  });
}

function digestOf({ method, url, body = "" }: VectorRequest): string {
  return createHash("sha256").update(`${method}\n${url}\n${body}`).digest("hex");
}

function keptOf({ method, url, headers, body }: VectorRequest): StoredRequest {
  const has = new Headers(headers);
  const kept = ["content-type", "accept"].filter((name) => has.has(name));
  return {
    method,
    url,
    headers: kept.map((name) => [name, has.get(name)!]),
    ...(body !== undefined && { body: Buffer.from(body).toString("base64") }),
  };
}
