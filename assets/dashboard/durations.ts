// How long operations take: the chart has one of the quantiles over time, the table all of them.

import type uPlot from "uplot";
import { TimeChart, type Rows } from "./chart.ts";
import { element, find, Kept, say } from "./element.ts";
import type { Model } from "./model.ts";
import { color } from "./paint.ts";
import type { Histogram } from "./protocol.ts";
import { RECENT_MS } from "./recent.ts";
import { count, emptyHistogram, quantile } from "./sums.ts";
import { bound, clock, number } from "./words.ts";

const SHARES = [0.5, 0.95, 0.99];
const SLICE_MS = 10_000;

/** Where the chart has what took longer than the last bound, in milliseconds. */
const BEYOND_MS = 30_000;

/** How the lines differ, beside their colors: strokes and gaps in CSS pixels. */
const DASHES = [[], [8, 4], [2, 3], [8, 3, 2, 3], [14, 4], [4, 4]];
const COLORS = ["executed", "mismatch", "replayed", "in-progress", "failed", "key-missing"];

const SVG = "http://www.w3.org/2000/svg";

export class DurationsView {
  readonly #chart = new TimeChart(find("durations-chart"), find("durations-reading"), {
    look: () => this.#look(),
    read: (index) => this.#read(index),
  });
  readonly #rows = new Kept(find("operations"), (operation) => this.#row(operation));
  #share = SHARES.at(-1)!;
  #operations: string[] = [];
  #times: number[] = [];
  #quantiles: Record<string, (number | undefined)[]> = {};

  constructor(changed: () => void) {
    find("durations-chart").ariaLabel = "Duration of operations, by time";
    for (const share of SHARES) {
      const radio = element("input", { type: "radio", name: "share", value: String(share) });
      radio.checked = share === this.#share;
      radio.addEventListener("change", () => {
        this.#share = share;
        changed();
      });
      find("shares").append(element("label", {}, radio, element("span", {}, shareName(share))));
    }
  }

  show(model: Model, now: number): void {
    const slices = Math.ceil(model.knownMs(now) / SLICE_MS);
    const { times, quantiles } = model.recent.quantiles(now, slices, SLICE_MS, this.#share);
    const isNew = this.#meet(Object.keys(model.tally.operations).sort());
    [this.#times, this.#quantiles] = [times, quantiles];
    this.#tabulate(model, now);
    const operations = this.#operations;
    const rows = operations.map((operation) => times.map((_, at) => plotted(quantiles[operation]?.[at])));
    // uPlot wants at least one row.
    this.#chart.draw([times, ...(rows.length > 0 ? rows : [times.map(() => null)])] as Rows);
    if (isNew) this.#chart.rebuild();
  }

  /** Whether there are operations that were not there before. They come last, for the others keep their lines. */
  #meet(operations: string[]): boolean {
    const isKnown = (operation: string) => this.#operations.includes(operation);
    const known = this.#operations.filter((operation) => operations.includes(operation));
    const isNew = !operations.every(isKnown);
    this.#operations = [...known, ...operations.filter((operation) => !isKnown(operation))];
    return isNew;
  }

  recolor(): void {
    this.#chart.rebuild();
  }

  #tabulate(model: Model, now: number): void {
    const recent = model.recent.sums(now - RECENT_MS).operations;
    this.#rows.show(this.#operations).forEach((row, at) => {
      const operation = this.#operations[at]!;
      const [latest, all] = [recent[operation] ?? emptyHistogram(), model.tally.operations[operation]!];
      const columns = [...SHARES.map((share) => bounds(latest, all, share)), counts(latest, all)];
      columns.forEach(([now, ever], column) => {
        say(row.cells[column + 1]!.children[0]!, now);
        say(row.cells[column + 1]!.querySelector(".ever")!, ever);
      });
    });
  }

  #row(operation: string): HTMLTableRowElement {
    const at = this.#operations.indexOf(operation);
    const name = element("th", { scope: "row" }, lineSample(at), ...breakable(operation));
    const ever = () => [element("span", { class: "unseen" }, "in all: "), element("span", { class: "ever" })];
    const cell = () => element("td", { class: "number" }, element("span"), element("small", {}, ...ever()));
    return element("tr", {}, name, cell(), cell(), cell(), cell());
  }

  #look() {
    const names = this.#operations.length > 0 ? this.#operations : [""];
    const scale: uPlot.Scale = { distr: 3, range: [1, BEYOND_MS] };
    return {
      series: names.map((_, at) => lineOf(at)),
      scale,
      axis: {
        size: 52,
        splits: () => [1, 10, 100, 1000, 10_000],
        values: () => ["1 ms", "10 ms", "100 ms", "1 s", "10 s"],
      } as uPlot.Axis,
    };
  }

  #read(index: number | undefined): string {
    const at = index ?? this.#times.length - 1;
    const time = this.#times[at];
    if (time === undefined) return "";
    const there = this.#operations.filter((operation) => this.#quantiles[operation]?.[at] !== undefined);
    const parts = there.map((operation) => `${operation} ${bound(this.#quantiles[operation]![at])}`);
    const what = parts.length > 0 ? parts.join(", ") : "no attempts";
    return `${clock(time)}, ${shareName(this.#share)}: ${what}`;
  }
}

function shareName(share: number): string {
  return `p${share * 100}`;
}

function bounds(latest: Histogram, all: Histogram, share: number): [string, string] {
  return [bound(quantile(latest, share)), bound(quantile(all, share))];
}

function counts(latest: Histogram, all: Histogram): [string, string] {
  return [number(count(latest)), number(count(all))];
}

function plotted(ms: number | undefined): number | null {
  return ms === undefined ? null : Math.min(ms, BEYOND_MS);
}

function lineOf(at: number): uPlot.Series {
  const stroke = color(`outcome-${COLORS[at % COLORS.length]}`);
  const points = { show: true, size: 6, fill: stroke, stroke };
  return { stroke, width: 2, dash: DASHES[at % DASHES.length]!, points, spanGaps: true };
}

/** A name that may be broken after an underscore, where there is little room. */
function breakable(name: string): Node[] {
  return name.split(/(?<=_)/).flatMap((part) => [new Text(part), element("wbr")]);
}

/** The line in the chart, to stand beside its name. */
function lineSample(at: number): SVGElement {
  const svg = document.createElementNS(SVG, "svg");
  const line = document.createElementNS(SVG, "path");
  svg.setAttribute("viewBox", "0 0 28 8");
  svg.setAttribute("class", `sample sample-${COLORS[at % COLORS.length]}`);
  svg.ariaHidden = "true";
  line.setAttribute("d", "M0 4H28");
  line.setAttribute("stroke-dasharray", DASHES[at % DASHES.length]!.join(" "));
  svg.append(line);
  return svg;
}
