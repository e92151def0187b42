// The requests as a diagram: on the left this page, on the right the service, and between them what went and came.

import { element, find, Kept, say } from "../dashboard/element.ts";
import { short } from "../dashboard/words.ts";
import type { Sent } from "./journal.ts";
import { isOfThisTab } from "./network.ts";
import type { Payment } from "./payments.ts";
import { tell } from "./story.ts";

export class TimelineView {
  readonly #items = new Kept(find("timeline"), requestItem);

  show(requests: Sent[], payments: Payment[]): void {
    find("no-requests").hidden = requests.length > 0;
    this.#items.show(requests.map(({ id }) => id)).forEach((item, at) => {
      describe(item, requests, at, payments);
    });
  }
}

function requestItem(): HTMLLIElement {
  const [number, key, tab] = ["number", "key", "tab"].map((name) => element("span", { class: name }));
  const from = element("p", { class: "from" }, number!, " ", key!, " ", tab!);
  const [ask, reply] = ["ask", "reply"].map((name) => element("span", { class: name }));
  const way = element("div", { class: "way", "aria-hidden": "true" }, ask!, reply!);
  return element("li", {}, from, way, element("p", { class: "there" }), element("p", { class: "here" }));
}

function describe(item: HTMLLIElement, requests: Sent[], at: number, payments: Payment[]): void {
  const sent = requests[at]!;
  const isNewKey = at > 0 && requests[at - 1]!.key !== sent.key;
  const { there, here, kind } = tell(requests, at, payments);
  const part = (name: string) => item.querySelector(`.${name}`)!;
  item.dataset["kind"] = kind;
  item.dataset["outcome"] = sent.outcome;
  part("key").toggleAttribute("data-new", isNewKey);
  part("key").setAttribute("title", sent.key);
  say(part("number"), `${at + 1}`);
  say(part("key"), `key ${short(sent.key)}`);
  say(part("tab"), isOfThisTab(sent) ? "" : "another tab");
  say(part("ask"), "POST");
  say(part("reply"), sent.status === undefined ? "" : `${sent.status}${sent.isReplay ? " replay" : ""}`);
  say(part("there"), there);
  say(part("here"), here);
}
