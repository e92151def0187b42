// The keys of unknown outcome, by where one finds out what happened: the oldest first, each with its ways out.

import { element, find, Kept, say } from "./element.ts";
import type { Model } from "./model.ts";
import type { HeldKey } from "./protocol.ts";
import type { Resolution } from "./resolve.ts";
import { moment, number, short, span } from "./words.ts";

/** Called with a key that somebody wants to know more of, and with what she means to say of it, if anything. */
export type Open = (key: HeldKey, choice?: Resolution["as"]) => void;

/** The ways out. Whoever opens a key with one is asked once more. */
const WAYS_OUT: [choice: Resolution["as"], label: string][] = [
  ["completed", "Completed…"],
  ["failed", "Failed…"],
  ["forgotten", "Forget…"],
];

export class HeldView {
  readonly #groups: Kept<HTMLElement>;
  /** The items of each group. */
  readonly #items = new Map<HTMLElement, Kept<HTMLLIElement>>();
  readonly #open: Open;
  #keys = new Map<string, HeldKey>();

  constructor(open: Open) {
    this.#open = open;
    this.#groups = new Kept(find("held"), (place) => this.#group(place));
  }

  show(model: Model, now: number): void {
    const { keys, more } = model.held(now);
    this.#keys = new Map(keys.map((key) => [nameOf(key), key]));
    const places = [...new Set(keys.map(placeOf))];
    this.#groups.show(places).forEach((group, at) => {
      const own = keys.filter((key) => placeOf(key) === places[at]);
      say(group.querySelector(".count")!, own.length === 1 ? "1 key" : `${number(own.length)} keys`);
      this.#items
        .get(group)!
        .show(own.map(nameOf))
        .forEach((item, at) => describe(item, own[at]!, now));
    });
    for (const group of this.#items.keys()) if (!group.isConnected) this.#items.delete(group);
    find("no-held").hidden = keys.length + more > 0;
    find("held-hint").hidden = keys.length + more === 0;
    find("held").hidden = keys.length === 0;
    find("more-held").hidden = more === 0;
    say(
      find("more-held"),
      `${number(more)} more ${more === 1 ? "key is" : "keys are"} not listed: find them in the log, by the message ` +
        "“Outcome of idempotent operation unknown”.",
    );
  }

  #group(place: string): HTMLElement {
    const [kind, name] = JSON.parse(place) as [string, string];
    const list = element("ol", { class: "held" });
    const heading = element("h3", {}, `${kind} ${name} `, element("small", { class: "count" }));
    const group = element("section", {}, heading, list);
    this.#items.set(group, new Kept(list, (name) => this.#item(this.#keys.get(name)!)));
    return group;
  }

  #item(key: HeldKey): HTMLLIElement {
    const name = key.idempotency_key;
    const lookUp = element(
      "button",
      { type: "button", class: "link", title: name, "aria-label": `Look up ${name}` },
      short(name),
    );
    lookUp.addEventListener("click", () => this.#open(key));
    const waysOut = WAYS_OUT.map(([choice, label]) => {
      const button = element("button", { type: "button", "aria-label": `${label} ${name}` }, label);
      button.addEventListener("click", () => this.#open(key, choice));
      return button;
    });
    const caller = key.caller === "" ? [] : [" of ", element("span", { title: key.caller }, who(key.caller))];
    return element(
      "li",
      {},
      element("strong", { class: "age" }),
      element("span", { class: "what" }, lookUp, ` ${key.operation}`, ...caller),
      element("small", { class: "more" }),
      element("span", { class: "ways-out" }, ...waysOut),
    );
  }
}

function describe(item: HTMLLIElement, { since, expires_at, operation_id }: HeldKey, now: number): void {
  say(item.querySelector(".age")!, span(now - since));
  const times = `since ${moment(since, now)}, expires in ${span(expires_at - now)}`;
  say(item.querySelector(".more")!, `${times}, operation id ${operation_id}`);
}

/** One that became AMBIGUOUS again is another one. */
function nameOf({ operation_id, since }: HeldKey): string {
  return `${operation_id} ${since}`;
}

/** An operation can be called like an upstream. */
function placeOf({ upstream, operation }: HeldKey): string {
  return JSON.stringify(upstream === undefined ? ["Operation", operation] : ["Upstream", upstream]);
}

/** A caller that has no name of its own is called by its scope. */
function who(caller: string): string {
  const [kind, name] = caller.split(" ", 2);
  return kind === "scope" && name !== undefined ? `scope ${short(name)}` : caller;
}
