// The list of events, newest first. Rows that are there stay where they are: new ones come on top, old ones go.

import { element, find, say } from "./element.ts";
import { isEmpty, passes, type Filter } from "./filter.ts";
import type { Line, Model } from "./model.ts";
import { outcomeSwatch } from "./paint.ts";
import { OUTCOMES, type Seen } from "./protocol.ts";
import { clockMillis, duration, number, outcomeName, short } from "./words.ts";

/** Called with the key and the caller of an event that somebody wants to know more of. */
export type LookUp = (key: string, caller: string | undefined) => void;

export class EventsView {
  readonly #body = find("lines");
  readonly #filter = find<HTMLFormElement>("filter");
  readonly #pause = find("pause");
  readonly #lookUp: LookUp;
  readonly #changed: () => void;
  /** The rows that are shown, newest first. */
  #rows = new Map<Line, HTMLTableRowElement>();
  /** What the list shows while it is paused. */
  #paused: Line[] | undefined;

  constructor(lookUp: LookUp, changed: () => void) {
    this.#lookUp = lookUp;
    this.#changed = changed;
    const { outcome } = this.#choices();
    outcome.append(...OUTCOMES.map((name) => element("option", { value: name }, outcomeName(name))));
    this.#filter.addEventListener("input", changed);
    this.#filter.addEventListener("submit", (event) => event.preventDefault());
  }

  show(model: Model, now: number): void {
    this.#pause.onclick = () => this.#togglePause(model);
    this.#offer(Object.keys(model.tally.requests).sort());
    const lines = this.#paused ?? model.lines;
    const filter = this.#read();
    const shown = lines.filter((line) => passes(line, filter)).reverse();
    this.#arrange(shown);
    this.#describe(lines, shown.length, filter, model);
    const leftOut = model.leftOut(now);
    find("left-out").hidden = leftOut === 0;
    say(
      find("left-out"),
      `More is happening than can be listed: ${number(leftOut)} events of the last minute are only in the sums. ` +
        "The figures and charts count every one of them.",
    );
  }

  #describe(lines: Line[], shown: number, filter: Filter, model: Model): void {
    const isNew = (line: Line) => this.#paused !== undefined && !this.#paused.includes(line);
    const waiting = model.lines.filter(isNew).length;
    const count = isEmpty(filter)
      ? `the last ${number(shown)}`
      : `${number(shown)} of the last ${number(lines.length)}`;
    const paused =
      waiting >= model.lines.length ? `${number(waiting)} or more wait` : `${number(waiting)} wait`;
    say(find("events-count"), this.#paused === undefined ? count : `${count}; paused, ${paused}`);
    find("no-lines").hidden = shown > 0;
    say(find("no-lines"), lines.length === 0 ? "No event yet." : "No event passes the filter.");
  }

  #arrange(lines: Line[]): void {
    const rows = new Map(lines.map((line) => [line, this.#rows.get(line) ?? this.#row(line)]));
    for (const [line, row] of this.#rows) if (!rows.has(line)) row.remove();
    // From the oldest on, each row goes before the one that was placed last, if it is not there already.
    let next: HTMLTableRowElement | null = null;
    for (const row of [...rows.values()].reverse()) {
      const isInPlace: boolean = row.parentNode === this.#body && row.nextElementSibling === next;
      if (!isInPlace) this.#body.insertBefore(row, next);
      next = row;
    }
    this.#rows = rows;
  }

  #togglePause(model: Model): void {
    this.#paused = this.#paused === undefined ? model.lines : undefined;
    this.#pause.ariaPressed = String(this.#paused !== undefined);
    say(this.#pause, this.#paused === undefined ? "Pause" : "Go on");
    this.#changed();
  }

  #read(): Filter {
    return Object.fromEntries(new FormData(this.#filter)) as unknown as Filter;
  }

  #choices() {
    const select = (name: string) => this.#filter.elements.namedItem(name) as HTMLSelectElement;
    return { operation: select("operation"), outcome: select("outcome") };
  }

  /** Operations are offered as they are met. */
  #offer(operations: string[]): void {
    const { operation } = this.#choices();
    const offered = [...operation.options].map(({ value }) => value);
    const missing = operations.filter((name) => !offered.includes(name));
    operation.append(...missing.map((name) => element("option", { value: name }, name)));
  }

  #row(line: Line): HTMLTableRowElement {
    if ("seen" in line) return this.#eventRow(line.seen);
    const text = `${number(line.leftOut)} more events, in the sums only`;
    return element("tr", { role: "row", class: "gap" }, element("td", { role: "cell", colspan: "8" }, text));
  }

  #eventRow(seen: Seen): HTMLTableRowElement {
    const {
      at,
      level,
      message,
      detail,
      operation,
      outcome,
      idempotency_key: key,
      caller,
      correlation_id,
    } = seen;
    const cell = (name: string, ...children: (Node | string)[]) =>
      element("td", { role: "cell", class: name }, ...children);
    const mark = level === "info" ? [] : [element("strong", { class: "mark" }, level)];
    const why = detail === undefined ? [] : [element("small", {}, detail)];
    return element(
      "tr",
      { role: "row", class: level },
      cell("time", clockMillis(at)),
      cell("message", ...mark, message, " ", ...why),
      cell("operation", operation ?? ""),
      cell("outcome", ...(outcome === undefined ? [] : [outcomeSwatch(outcome), outcomeName(outcome)])),
      cell("key", ...(key === undefined ? [] : [this.#keyButton(key, caller)])),
      cell("caller", caller ?? ""),
      titled(cell("correlation", correlation_id ?? ""), correlation_id),
      cell("took number", seen.duration_ms === undefined ? "" : duration(seen.duration_ms)),
    );
  }

  #keyButton(key: string, caller: string | undefined): HTMLButtonElement {
    const button = element(
      "button",
      { type: "button", class: "link", "aria-label": `Look up ${key}` },
      short(key),
    );
    button.addEventListener("click", () => this.#lookUp(key, caller));
    return titled(button, key);
  }
}

function titled<E extends HTMLElement>(what: E, title: string | undefined): E {
  what.title = title ?? "";
  return what;
}
