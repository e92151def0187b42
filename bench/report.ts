// What was measured, as data and as a table.

import type { FloorName } from "./cases.ts";
import type { Measured } from "./measure.ts";

export type Language = "javascript" | "rust";

export interface Row {
  name: string;
  connections: number;
  requestsPerSecond: number;
  cpuUs: number;
  p50Ms: number;
  p99Ms: number;
  /** Of a case: what it is held against, and how it does. */
  against?: Against[];
}

export interface Against {
  floor: FloorName;
  language: Language;
  /** Processor time of a request, ours over theirs; and half of the rounds had a ratio between these two. */
  cpu: number;
  spread: [number, number];
  /** Requests per second, ours over theirs. */
  requests: number;
  atMost: number;
  isMet: boolean;
}

export const median = (values: number[]): number => quantile(values, 0.5);

export function quantile(values: number[], part: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) * part)] ?? NaN;
}

export function row(name: string, connections: number, rounds: Measured[]): Row {
  const of = (value: (run: Measured) => number) => median(rounds.map(value));
  return {
    name,
    connections,
    requestsPerSecond: of((run) => run.requestsPerSecond),
    cpuUs: of((run) => run.cpuUs),
    p50Ms: of((run) => run.p50Ms),
    p99Ms: of((run) => run.p99Ms),
  };
}

/** Holds the rounds of a case against those of a floor, in the language in which that is the faster. */
export function hold(
  rounds: Measured[],
  { floor, atMost }: { floor: FloorName; atMost: number },
  languages: Partial<Record<Language, Measured[]>>,
): Against {
  const held = Object.entries(languages).map(([language, floors]) => {
    const ratios = (of: (run: Measured) => number) =>
      rounds.map((run, round) => of(run) / of(floors[round]!));
    const cpus = ratios(({ cpuUs }) => cpuUs);
    const cpu = median(cpus);
    return {
      floor,
      language: language as Language,
      cpu,
      spread: [quantile(cpus, 0.25), quantile(cpus, 0.75)] as [number, number],
      requests: median(ratios(({ requestsPerSecond }) => requestsPerSecond)),
      atMost,
      isMet: cpu <= atMost,
    };
  });
  return held.reduce((slower, faster) => (faster.cpu > slower.cpu ? faster : slower));
}

/** A table in Markdown. */
export function table(rows: Row[]): string {
  const lines = rows.flatMap(({ name, connections, against, ...run }) => {
    const figures = [
      run.requestsPerSecond.toFixed(0),
      run.p50Ms.toFixed(2),
      run.p99Ms.toFixed(2),
      run.cpuUs.toFixed(0),
    ];
    const [first, ...others] = against ?? [];
    const cells = [name, String(connections), ...figures, ...(first ? compared(first) : Array(5).fill(""))];
    return [cells, ...others.map((other) => [...Array<string>(6).fill(""), ...compared(other)])];
  });
  const head = [
    ...["What", "Connections", "Requests/s", "p50, ms", "p99, ms", "CPU, µs"],
    ...["Against", "CPU, ratio", "Half of the rounds", "Requests/s, ratio", "Target"],
  ];
  const widths = head.map((title, at) => Math.max(title.length, ...lines.map((cells) => cells[at]!.length)));
  const line = (cells: string[]) =>
    `| ${cells.map((cell, at) => (at === 0 ? cell.padEnd(widths[at]!) : cell.padStart(widths[at]!))).join(" | ")} |`;
  const rule = widths.map((width, at) => (at === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`));
  return [line(head), line(rule), ...lines.map(line)].join("\n");
}

function compared({ floor, language, cpu, spread, requests, atMost, isMet }: Against): string[] {
  return [
    language === "rust" ? `${floor} in Rust` : floor,
    cpu.toFixed(2),
    spread.map((ratio) => ratio.toFixed(2)).join(" to "),
    requests.toFixed(2),
    `${atMost.toFixed(2)} ${isMet ? "met" : "missed"}`,
  ];
}
