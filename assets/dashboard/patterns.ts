// How clients behave: bars with their numbers beside them, as tables.

import { element, find, Kept, say } from "./element.ts";
import type { Model } from "./model.ts";
import { BOUNDS_MS } from "./protocol.ts";
import { largest } from "./sums.ts";
import { duration, number } from "./words.ts";

const MOST_CALLERS = 8;

const RETRIES = ["2nd", "3rd", "4th", "5th", "6th", "7th", "8th or later"];
const BETWEEN = [...BOUNDS_MS.map((ms) => `≤ ${duration(ms)}`), "> 15 s"];

/** The buckets up to 10 ms hardly differ for a person: they are one bar. */
const SHORTEST = 3;

export class PatternsView {
  readonly #retries = new Bars(
    find("retries"),
    ["Request with its key", "Requests"],
    "No key came twice yet.",
  );
  readonly #between = new Bars(
    find("between"),
    ["After the one before", "Requests"],
    "No key came twice yet.",
  );
  readonly #callers = new Bars(
    find("callers"),
    ["Caller", "Mismatches"],
    "No mismatches: every key was used for one request.",
  );

  show({ tally }: Model): void {
    const { buckets } = tally.between_retries;
    const shortest = buckets.slice(0, SHORTEST + 1).reduce((sum, count) => sum + count, 0);
    const counts = [shortest, ...buckets.slice(SHORTEST + 1)];
    this.#retries.show(RETRIES.map((name, at) => [name, tally.repetitions[at] ?? 0]));
    this.#between.show(BETWEEN.slice(SHORTEST).map((name, at) => [name, counts[at] ?? 0]));
    this.#callers.show(largest(tally.mismatches, MOST_CALLERS));
  }
}

/** A table with a bar in each line. */
class Bars {
  readonly #table: HTMLElement;
  readonly #nothing: HTMLElement;
  readonly #rows: Kept<HTMLTableRowElement>;

  constructor(host: HTMLElement, [what, count]: [string, string], nothing: string) {
    const body = element("tbody");
    const head = element(
      "tr",
      {},
      element("th", { scope: "col" }, what),
      element("th", { scope: "col" }, count),
    );
    this.#table = element("table", { class: "bars" }, element("thead", { class: "unseen" }, head), body);
    this.#nothing = element("p", { class: "none" }, nothing);
    this.#rows = new Kept(body, bar);
    host.append(this.#table, this.#nothing);
  }

  show(counts: [name: string, count: number][]): void {
    const most = Math.max(1, ...counts.map(([, count]) => count));
    const isEmpty = counts.every(([, count]) => count === 0);
    [this.#table.hidden, this.#nothing.hidden] = [isEmpty, !isEmpty];
    this.#rows.show(counts.map(([name]) => name)).forEach((row, at) => {
      const count = counts[at]![1];
      const cell = row.cells[1]!;
      (cell.children[0] as HTMLElement).style.inlineSize = `${(100 * count) / most}%`;
      say(cell.children[1]!, number(count));
    });
  }
}

function bar(name: string): HTMLTableRowElement {
  const value = element("td", {}, element("span", { class: "bar", "aria-hidden": "true" }), element("span"));
  return element("tr", {}, element("th", { scope: "row" }, name), value);
}
