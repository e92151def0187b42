// The numbers that count: how often was asked, with how many keys, and how often was paid.

import { element, find, Kept, say } from "../dashboard/element.ts";
import { clockMillis } from "../dashboard/words.ts";
import type { Sent } from "./journal.ts";
import type { Payment, Payments } from "./payments.ts";
import { writerOf } from "./story.ts";

export class SumsView {
  readonly #rows = new Kept(find("rows"), paymentRow);

  show(requests: Sent[], payments: Payments): void {
    const sent = requests.filter(({ outcome }) => outcome !== "unsent");
    const keys = [...new Set(requests.map(({ key }) => key))];
    const made = payments.of(requests);
    const replays = sent.filter(({ isReplay }) => isReplay).length;
    say(find("requests"), `${sent.length}`);
    say(find("requests-more"), replays === 1 ? "1 replay" : `${replays} replays`);
    say(find("keys"), `${keys.length}`);
    say(find("keys-more"), attempts(keys, payments));
    say(find("payments"), `${made.length}`);
    say(find("payments-more"), made.length > 1 ? "▲ not once" : "found by look-up");
    find("payments-figure").dataset["made"] = made.length > 1 ? "twice" : `${made.length}`;
    this.#rows.show(made.map(({ id }) => id)).forEach((row, at) => describe(row, made[at]!, requests));
    find("no-rows").hidden = made.length > 0;
  }
}

/** What the service says of the only key. */
function attempts(keys: string[], payments: Payments): string {
  const [key] = keys;
  const known = key !== undefined && keys.length === 1 ? payments.key(key) : undefined;
  if (known === undefined) return "";
  return `${known.status}, ${known.attempts === 1 ? "1 attempt" : `${known.attempts} attempts`}`;
}

function paymentRow(): HTMLLIElement {
  const [id, amount, when] = ["id", "amount", "when"].map((name) => element("span", { class: name }));
  return element("li", {}, id!, " ", amount!, " ", when!);
}

function describe(row: HTMLLIElement, payment: Payment, requests: Sent[]): void {
  const { id, amount, currency, created_at } = payment;
  const writer = writerOf(payment, requests);
  const by = writer === undefined ? "" : ` by request ${writer + 1}`;
  say(row.querySelector(".id")!, id);
  say(row.querySelector(".amount")!, `${amount} ${currency}`);
  say(row.querySelector(".when")!, `written${by} at ${clockMillis(Date.parse(created_at))}`);
}
