// Requests per second, stacked by outcome, and the same in numbers.

import { TimeChart, type Rows } from "./chart.ts";
import { element, find, Kept, say } from "./element.ts";
import type { Model } from "./model.ts";
import { outcomeFill, outcomeSwatch } from "./paint.ts";
import { OUTCOMES, type Outcome } from "./protocol.ts";
import { RECENT_MS } from "./recent.ts";
import { byOutcome, sum } from "./sums.ts";
import { clock, number, outcomeName, rate } from "./words.ts";

/** From the bottom of the stack to its top, so that trouble is at the edge that one looks at. */
const STACK = OUTCOMES;

/** Over how many seconds "now" is. */
export const NOW_S = 10;

type Rates = Record<Outcome, number[]>;

export class RequestsView {
  readonly #chart = new TimeChart(find("requests-chart"), find("requests-reading"), {
    look: () => this.#look(),
    read: (index) => this.#read(index),
  });
  readonly #rows = new Kept(find("outcomes"), outcomeRow);
  #times: number[] = [];
  #rates: Rates = byOutcomeOf([]);

  constructor() {
    find("requests-chart").ariaLabel = "Requests per second, by time";
  }

  show(model: Model, now: number): void {
    const recent = model.recent.rates(edge(model, now), Math.ceil(model.knownMs(now) / 1000));
    this.#times = recent.times;
    this.#rates = recent.rates;
    this.#chart.draw(stack(recent.times, recent.rates));
    this.#tabulate(model, now);
  }

  recolor(): void {
    this.#chart.rebuild();
  }

  #tabulate(model: Model, now: number): void {
    const all = byOutcome(model.tally);
    const recent = byOutcome(model.recent.sums(now - RECENT_MS));
    const present = model.recent.rates(now, NOW_S).rates;
    const shown = OUTCOMES.filter((outcome) => all[outcome] > 0 || ALWAYS.includes(outcome));
    this.#rows.show(shown).forEach((row, at) => {
      const outcome = shown[at]!;
      const cells = [rate(sum(present[outcome]) / NOW_S), number(recent[outcome]), number(all[outcome])];
      cells.forEach((text, column) => say(row.cells[column + 1]!, text));
    });
  }

  #look() {
    const series = [...STACK].reverse().map((outcome) => ({
      fill: () => outcomeFill(outcome),
      width: 0,
      points: { show: false },
    }));
    const bands = series.slice(1).map((_, at) => ({ series: [at + 1, at + 2] as [number, number] }));
    return {
      series,
      bands,
      scale: {
        range: (_: unknown, __: number, highest: number) =>
          [0, Math.max(1, highest * 1.1)] as [number, number],
      },
      axis: {
        size: 40,
        incrs: INCREMENTS,
        values: (_: unknown, marks: number[]) => marks.map((mark) => `${mark}`),
      },
    };
  }

  #read(index: number | undefined): string {
    const at = index ?? this.#times.length - 1;
    const time = this.#times[at];
    if (time === undefined) return "";
    const there = OUTCOMES.filter((outcome) => this.#rates[outcome][at]! > 0.05);
    const parts = there.map((outcome) => `${rate(this.#rates[outcome][at]!)} ${outcomeName(outcome)}`);
    return `${clock(time)}: ${parts.length > 0 ? parts.join(", ") : "no requests"}`;
  }
}

/** How far apart the marks of the axis may be: requests are whole. */
const INCREMENTS = [1, 2, 5]
  .flatMap((step) => [1, 10, 100, 1000, 10_000].map((times) => step * times))
  .sort((a, b) => a - b);

/** The rows that are there even if nothing like that has happened. */
const ALWAYS: Outcome[] = ["executed", "replayed", "in_progress", "mismatch", "failed"];

function outcomeRow(outcome: string): HTMLTableRowElement {
  const name = element(
    "th",
    { scope: "row" },
    outcomeSwatch(outcome as Outcome),
    outcomeName(outcome as Outcome),
  );
  const cells = [0, 1, 2].map(() => element("td", { class: "number" }));
  return element("tr", {}, name, ...cells);
}

/**
 * Up to which moment the chart is complete: to the end of the last second that a batch has told of, or, where none has
 * come for longer than one is gathered, to the second before this one, in which nothing happened.
 */
function edge(model: Model, now: number): number {
  const told = now - model.heardAt < 2500 ? model.heardAt : now - 1000;
  return Math.floor(told / 1000) * 1000;
}

/** The values as they lie on top of each other, the topmost first. */
function stack(times: number[], rates: Rates): Rows {
  let below = times.map(() => 0);
  const rows = STACK.map((outcome) => (below = below.map((height, at) => height + rates[outcome][at]!)));
  return [times, ...rows.reverse()];
}

function byOutcomeOf(rates: number[]): Rates {
  return Object.fromEntries(OUTCOMES.map((outcome) => [outcome, rates])) as Rates;
}
