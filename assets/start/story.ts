// What became of each request, in words. Nothing is said that an answer or a look-up has not shown.

import type { Sent } from "./journal.ts";
import { paymentId, type Payment } from "./payments.ts";

export interface Told {
  /** What happened at the service, in a few words; nothing if nobody knows. */
  there: string;
  /** What that means here. */
  here: string;
  kind: "waiting" | "executed" | "replayed" | "unanswered" | "refused";
}

/** Tells of the request at this place, from 0 on. */
export function tell(requests: Sent[], at: number, payments: Payment[]): Told {
  const sent = requests[at]!;
  switch (sent.outcome) {
    case "waiting":
      return { there: "", here: "On its way.", kind: "waiting" };
    case "unsent":
      return { there: "Nothing arrived", here: "Offline: it never left this page.", kind: "unanswered" };
    case "failed":
      return { there: "", here: "No answer: the network failed.", kind: "unanswered" };
    case "left":
      return { there: "", here: "The page was left before the answer came.", kind: "unanswered" };
    case "lost": {
      const { there } = answered(requests, at, payments);
      return { there, here: `The answer, ${sent.status}, was lost on its way back.`, kind: "unanswered" };
    }
    case "answered":
      return answered(requests, at, payments);
  }
}

function answered(requests: Sent[], at: number, payments: Payment[]): Told {
  const sent = requests[at]!;
  if (sent.isKilled && sent.status === 503) return killed(requests, at, payments);
  if (sent.status !== 201) return refused(sent);
  return sent.isReplay ? replayed(requests, at) : executed(requests, at, payments);
}

function killed(requests: Sent[], at: number, payments: Payment[]): Told {
  const hasWritten = payments.some((payment) => writerOf(payment, requests) === at);
  const there = hasWritten ? "Wrote the payment, then crashed" : "Crashed";
  return { there, here: "503: reset after the effect, as in a crash.", kind: "unanswered" };
}

function executed(requests: Sent[], at: number, payments: Payment[]): Told {
  const sent = requests[at]!;
  const payment = payments.find(({ id }) => id === paymentId(sent));
  const writer = payment && writerOf(payment, requests);
  if (writer !== undefined && writer < at) {
    const here = `201: the payment is the one that request ${writer + 1} wrote.`;
    return { there: "Ran again: found the payment", here, kind: "executed" };
  }
  const ignored = sent.isKilled ? " X-Fault was ignored: FAULT_INJECTION is off." : "";
  const there = writer === at ? "Ran: wrote the payment" : "Ran";
  return { there, here: `201: the payment is made.${ignored}`, kind: "executed" };
}

function replayed(requests: Sent[], at: number): Told {
  const sent = requests[at]!;
  const first = requests.slice(0, at).find(({ key, status }) => key === sent.key && status === 201);
  const same = first?.body === sent.body ? "the first answer, byte for byte" : "not the first answer!";
  const beside = first ? same : "the stored answer";
  return { there: "Replayed: nothing ran", here: `201 again: ${beside}.`, kind: "replayed" };
}

function refused({ status, body }: Sent): Told {
  const there = status === 409 ? "An earlier request still runs" : "";
  return { there, here: `${status}: ${titleOf(body)}.`, kind: "refused" };
}

/**
 * The place of the request that wrote this payment: the last one with its key that was sent before. This takes the clocks
 * of page and service for one, which they are where objects can be killed.
 */
export function writerOf(payment: Payment, requests: Sent[]): number | undefined {
  const writtenAt = Date.parse(payment.created_at);
  const at = requests.findLastIndex(({ key, at }) => key === payment.idempotency_key && at <= writtenAt);
  return at < 0 ? undefined : at;
}

/** What a problem says of itself. */
function titleOf(body = ""): string {
  try {
    return JSON.parse(body).title;
  } catch {
    return "an answer that is not this service's";
  }
}
