// The key figures, one tile each: what it is, how much, and what there is to add.

import { element, find, Kept, say } from "./element.ts";
import type { Model } from "./model.ts";
import type { Outcome } from "./protocol.ts";
import { RECENT_MS } from "./recent.ts";
import { NOW_S } from "./requests.ts";
import { byOutcome, count, largest, livingRecords, quantile, replayRatio, sum } from "./sums.ts";
import { bound, bytes, moment, number, rate, share, span } from "./words.ts";

interface Figure {
  name: string;
  value: string;
  more: string;
  /** The rules whose alerts are about it. */
  rules?: string[];
}

export class FiguresView {
  readonly #tiles = new Kept(find("figures"), tile);

  show(model: Model, now: number): void {
    const figures = figuresOf(model, now);
    this.#tiles.show(figures.map(({ name }) => name)).forEach((tile, at) => {
      const { value, more, rules = [] } = figures[at]!;
      say(tile.children[1]!, value);
      say(tile.children[2]!, more);
      tile.toggleAttribute(
        "data-alert",
        model.alerts.some(({ rule }) => rules.includes(rule)),
      );
    });
    say(find("since"), sinceWhen(model, now));
  }
}

function figuresOf(model: Model, now: number): Figure[] {
  const all = byOutcome(model.tally);
  const latest = model.recent.sums(now - RECENT_MS);
  const recent = byOutcome(latest);
  const records = livingRecords(model.tally, now);
  const counted = (name: string, outcomes: Outcome[], rule: string): Figure => {
    const total = (counts: Record<Outcome, number>) => sum(outcomes.map((outcome) => counts[outcome]));
    return { name, value: number(total(all)), more: `${number(total(recent))} in 5 min`, rules: [rule] };
  };
  return [
    {
      name: "Requests per second",
      value: rate(model.recent.rate(now, NOW_S)),
      more: `${number(sum(Object.values(all)))} in all`,
    },
    { name: "Replay ratio", value: share(replayRatio(all)), more: replaysFrom(model) },
    slowest(latest.operations),
    counted("Conflicts", ["in_progress"], "conflicts_per_key"),
    counted("Mismatches", ["mismatch"], "mismatch_share"),
    counted("Failures", ["failed", "ambiguous", "unavailable"], "failure_share"),
    {
      name: "Recoveries",
      value: number(model.tally.recovered),
      more: `${number(latest.recovered)} in 5 min`,
    },
    {
      name: "Bytes stored",
      value: bytes(records.bytes),
      more: `${number(model.tally.expired)} records expired`,
    },
    {
      name: "Records",
      value: number(records.processing + records.completed + records.failed + records.ambiguous),
      more: [
        `${number(records.processing)} processing`,
        `${number(records.completed)} completed`,
        `${number(records.failed)} failed`,
        `${number(records.ambiguous)} ambiguous`,
      ].join(" · "),
      rules: ["stuck_keys", "ambiguous_s"],
    },
  ];
}

function replaysFrom({ tally }: Model): string {
  const sources = largest(tally.replays, 3).map(([source, count]) => `${number(count)} ${source}`);
  return sources.length > 0 ? sources.join(" · ") : "no replays";
}

/** The operation whose slowest hundredth takes longest. */
function slowest(operations: Model["tally"]["operations"]): Figure {
  const p99s = Object.entries(operations).map(
    ([name, durations]) => [name, quantile(durations, 0.99) ?? 0] as const,
  );
  const [name, p99] = p99s.sort(([, one], [, other]) => other - one)[0] ?? [];
  return { name: "Slowest p99", value: bound(p99), more: name ?? "no attempts in 5 min", rules: ["p99_ms"] };
}

function sinceWhen({ openedAt }: Model, now: number): string {
  if (openedAt === undefined) return "";
  if (now - openedAt >= RECENT_MS) return "";
  return `“5 min” and the charts begin at ${moment(openedAt, now)}, when this page was opened, ${span(now - openedAt)} ago.`;
}

function tile(name: string): HTMLDivElement {
  const value = element("dd", { class: "value" });
  return element(
    "div",
    { class: "figure" },
    element("dt", {}, name),
    value,
    element("dd", { class: "more" }),
  );
}
