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
  /** Of a case: against which floor, in which language, and how it does against it. */
  against?: Against[];
}

export interface Against {
  floor: FloorName;
  language: Language;
  /** The floor's processor time over the case's; the case's requests per second over the floor's. */
  cpu: number;
  requests: number;
  target?: number;
}

export const median = (values: number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;

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

/** Holds the rounds of a case against those of a floor, for either figure in the language in which it is the better. */
export function hold(
  rounds: Measured[],
  floor: FloorName,
  target: number | undefined,
  languages: Record<Language, Measured[]>,
): Against {
  const ratio = (language: Language, of: (floor: Measured, run: Measured) => number) =>
    median(rounds.map((run, round) => of(languages[language][round]!, run)));
  const cpu = (language: Language) => ratio(language, (floor, run) => floor.cpuUs / run.cpuUs);
  const requests = (language: Language) =>
    ratio(language, (floor, run) => run.requestsPerSecond / floor.requestsPerSecond);
  // The lower the ratio, the better the floor.
  const language = cpu("rust") < cpu("javascript") ? "rust" : "javascript";
  return {
    floor,
    language,
    cpu: cpu(language),
    requests: Math.min(requests("rust"), requests("javascript")),
    ...(target === undefined ? {} : { target }),
  };
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
    const cells = [name, String(connections), ...figures, ...(first ? compared(first) : ["", "", "", ""])];
    return [cells, ...others.map((other) => ["", "", "", "", "", "", ...compared(other)])];
  });
  const head = [
    "What",
    "Connections",
    "Requests/s",
    "p50, ms",
    "p99, ms",
    "CPU, µs",
    "Against",
    "CPU, ratio",
    "Requests/s, ratio",
    "Target",
  ];
  const widths = head.map((title, at) => Math.max(title.length, ...lines.map((cells) => cells[at]!.length)));
  const line = (cells: string[]) =>
    `| ${cells.map((cell, at) => (at === 0 ? cell.padEnd(widths[at]!) : cell.padStart(widths[at]!))).join(" | ")} |`;
  const rule = widths.map((width, at) => (at === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`));
  return [line(head), line(rule), ...lines.map(line)].join("\n");
}

function compared({ floor, language, cpu, requests, target }: Against): string[] {
  return [`${floor} ${language}`, cpu.toFixed(2), requests.toFixed(2), target?.toFixed(2) ?? ""];
}
