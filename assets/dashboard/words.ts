// Numbers, times and names as people read them.

import type { Outcome } from "./protocol.ts";

const whole = new Intl.NumberFormat("en");
const oneDigit = new Intl.NumberFormat("en", { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const percent = new Intl.NumberFormat("en", { style: "percent", maximumFractionDigits: 1 });
const time = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const minute = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric" });

export const NONE = "–";

export function number(value: number): string {
  return whole.format(Math.round(value));
}

/** A number per second: small ones with a digit after the point. */
export function rate(value: number): string {
  return value >= 100 ? whole.format(Math.round(value)) : oneDigit.format(value);
}

export function share(value: number | undefined): string {
  return value === undefined ? NONE : percent.format(value);
}

export function bytes(value: number): string {
  const units = ["bytes", "kB", "MB", "GB", "TB"];
  const thousands = value < 1000 ? 0 : Math.min(Math.floor(Math.log10(value) / 3), units.length - 1);
  const amount = value / 1000 ** thousands;
  return `${thousands === 0 ? whole.format(amount) : oneDigit.format(amount)} ${units[thousands]}`;
}

export function duration(ms: number): string {
  if (ms < 1000) return `${whole.format(ms)} ms`;
  if (ms < 60_000) return `${oneDigit.format(ms / 1000).replace(".0", "")} s`;
  return span(ms);
}

/** A bound that durations do not exceed. */
export function bound(ms: number | undefined): string {
  if (ms === undefined) return NONE;
  return ms === Infinity ? "> 15 s" : `≤ ${duration(ms)}`;
}

/** A length of time in its two largest units at most. */
export function span(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const units = [
    [86_400, "d"],
    [3600, "h"],
    [60, "min"],
    [1, "s"],
  ] as const;
  const at = Math.max(
    0,
    units.findIndex(([length]) => seconds >= length),
  );
  if (seconds === 0) return "0 s";
  const [[length, name], next] = [units[at]!, units[at + 1]];
  const rest = next ? Math.floor((seconds % length) / next[0]) : 0;
  return `${Math.floor(seconds / length)} ${name}${rest > 0 ? ` ${rest} ${next![1]}` : ""}`;
}

export function clock(at: number): string {
  return time.format(at);
}

export function clockMinute(at: number): string {
  return minute.format(at);
}

export function clockMillis(at: number): string {
  return `${time.format(at)}.${String(at % 1000).padStart(3, "0")}`;
}

/** With its day, unless that is today. */
export function moment(at: number, now: number): string {
  return day.format(at) === day.format(now) ? clock(at) : `${day.format(at)}, ${clock(at)}`;
}

/** Enough of a key or an id to tell it from others. */
export function short(id: string): string {
  return id.length > 9 ? `${id.slice(0, 8)}…` : id;
}

export function outcomeName(outcome: Outcome): string {
  return outcome.replaceAll("_", " ");
}
