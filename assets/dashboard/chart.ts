// A chart over time: uPlot, in the page's colors, as wide as its place. One moment of it is read out in words, to those
// who point at it and to those who walk through it with the arrow keys.

import uPlot from "uplot";
import { say } from "./element.ts";
import { color } from "./paint.ts";
import { clock, clockMinute } from "./words.ts";

export interface Look {
  series: uPlot.Series[];
  bands?: uPlot.Band[];
  scale: uPlot.Scale;
  axis: uPlot.Axis;
}

export interface Chart {
  /** How it looks; asked again when colors or what is shown change. */
  look(): Look;
  /** What there is to say of the moment at this index, or of the last one if none is pointed at. */
  read(index: number | undefined): string;
}

/** The first row has the times, in milliseconds since 1970. */
export type Rows = [times: number[], ...values: (number | null)[][]];

const FONT = "12px system-ui, sans-serif";

/** The keys that go through a chart, and how far. */
const STEPS: Record<string, number> = {
  ArrowLeft: -1,
  ArrowRight: 1,
  PageUp: -10,
  PageDown: 10,
  Home: -Infinity,
  End: Infinity,
};

export class TimeChart {
  readonly #host: HTMLElement;
  readonly #reading: HTMLElement;
  readonly #chart: Chart;
  #plot: uPlot | undefined;
  #data: uPlot.AlignedData = [[]];

  constructor(host: HTMLElement, reading: HTMLElement, chart: Chart) {
    this.#host = host;
    this.#reading = reading;
    this.#chart = chart;
    host.tabIndex = 0;
    host.role = "slider";
    for (const end of ["min", "max", "now"]) host.setAttribute(`aria-value${end}`, "0");
    host.addEventListener("keydown", (event) => this.#walk(event));
    host.addEventListener("focus", () => this.#point(this.#last()));
    host.addEventListener("blur", () => this.#point(undefined));
    new ResizeObserver(() => this.#plot?.setSize(this.#size())).observe(host);
  }

  draw([times, ...values]: Rows): void {
    this.#data = [times.map((ms) => ms / 1000), ...values];
    if (this.#plot === undefined) this.rebuild();
    else this.#plot.setData(this.#data);
    this.#read();
  }

  /** Begins anew, with the colors and series that there are now. */
  rebuild(): void {
    const { series, bands, scale, axis } = this.#chart.look();
    const lines = { stroke: color("muted"), font: FONT, grid: { stroke: color("line"), width: 1 } };
    const ticks = { show: false };
    this.#plot?.destroy();
    this.#plot = new uPlot(
      {
        ...this.#size(),
        series: [{}, ...series],
        ...(bands && { bands }),
        scales: { y: scale },
        axes: [
          { ...lines, ticks, size: 36, gap: 10, incrs: [10, 30, 60], space: 70, values: momentsOf },
          { ...lines, ticks, ...axis },
        ],
        legend: { show: false },
        cursor: { y: false, points: { show: false }, drag: { x: false, y: false } },
        hooks: { setCursor: [() => this.#read()] },
        padding: [8, 28, 0, 0],
      },
      this.#data,
      this.#host,
    );
  }

  #read(): void {
    say(this.#reading, this.#chart.read(this.#plot?.cursor.idx ?? undefined));
  }

  #walk(event: KeyboardEvent): void {
    const step = STEPS[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const index = (this.#plot?.cursor.idx ?? this.#last()) + step;
    this.#point(Math.max(0, Math.min(index, this.#last())));
  }

  #point(index: number | undefined): void {
    const time = index === undefined ? undefined : this.#data[0][index];
    const left = time === undefined ? -10 : this.#plot?.valToPos(time, "x");
    this.#plot?.setCursor({ left: left ?? -10, top: 10 });
    this.#read();
    this.#host.setAttribute("aria-valuemax", String(this.#last()));
    this.#host.setAttribute("aria-valuenow", String(index ?? this.#last()));
    this.#host.setAttribute("aria-valuetext", this.#reading.textContent ?? "");
  }

  #last(): number {
    return Math.max(0, this.#data[0].length - 1);
  }

  #size() {
    return { width: this.#host.clientWidth, height: this.#host.clientHeight };
  }
}

function momentsOf(_: uPlot, times: number[], __: number, ___: number, incrementS: number): string[] {
  return times.map((s) => (incrementS < 60 ? clock(s * 1000) : clockMinute(s * 1000)));
}
