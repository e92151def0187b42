// How it stands with the payment, in words.

import { DeadlineExceededError, IntentChangedError, OutcomeUnknownError } from "@edge-idempotency/client";
import type { Standing } from "./checkout.ts";
import type { Sent } from "./journal.ts";

/** `requests` are those for the cart so far. */
export function standingWords(standing: Standing, requests: Sent[]): string {
  switch (standing.name) {
    case "idle":
      return requests.some(isPaid) ? "Paid." : "Not paid yet.";
    case "asking":
      return asking(requests.at(-1));
    case "answered":
      return standing.status < 300 ? "Paid." : `The service answered ${standing.status}.`;
    case "stopped":
      return stopped(standing.error);
  }
}

function isPaid({ outcome, status }: Sent): boolean {
  return outcome === "answered" && status === 201;
}

function asking(last: Sent | undefined): string {
  switch (last?.outcome) {
    case undefined:
    case "waiting":
    case "answered":
      return last?.status === undefined || last.status < 300 ? "Paying…" : "Not final: asking again.";
    case "unsent":
      return "Offline: still trying.";
    case "lost":
    case "failed":
    case "left":
      return "No answer: asking again.";
  }
}

function stopped(error: unknown): string {
  if (error instanceof DeadlineExceededError)
    return "No answer in time. Press Pay: the key is still the same.";
  if (error instanceof OutcomeUnknownError) return `Nobody knows: ${error.reason}. Ask before you pay again.`;
  if (error instanceof IntentChangedError) return "Another payment has this cart's name. Nothing was sent.";
  return "Stopped asking, without an answer.";
}
