// The banner: what is wrong, since when and why; and, while nothing is, what is watched.

import { element, find, Kept, say } from "./element.ts";
import { type Cleared, type Model } from "./model.ts";
import type { Alert } from "./protocol.ts";
import { moment, short, span } from "./words.ts";

export interface Rules {
  window_s: number;
  min_requests: number;
  mismatch_share: number;
  failure_share: number;
  conflicts_per_key: number;
  stuck_keys: number;
  p99_ms: number;
  /** Not there in the rules of a release that did not know this. */
  ambiguous_s?: number;
}

const TITLES: Record<string, string> = {
  mismatch_share: "Many mismatches",
  failure_share: "Many failures",
  conflicts_per_key: "Many conflicts on one key",
  stuck_keys: "Keys stuck in PROCESSING",
  p99_ms: "Slow operation",
  ambiguous_s: "Unresolved keys",
};

export class AlertsView {
  readonly #raised = new Kept(find("raised"), (name) => this.#banner(name));
  readonly #cleared = new Kept(find("cleared"), () => element("p"));
  #alerts: Alert[] = [];

  show({ alerts, cleared }: Model, now: number): void {
    this.#alerts = alerts;
    this.#raised.show(alerts.map(nameOf)).forEach((banner, at) => {
      const { why, since } = alerts[at]!;
      say(banner.querySelector(".why")!, why);
      say(banner.querySelector(".since")!, `Since ${moment(since, now)}, for ${span(now - since)}.`);
    });
    find("alerts").toggleAttribute("data-raised", alerts.length > 0);
    say(find("calm"), calm(alerts.length, cleared.length));
    this.#cleared.show(cleared.map(nameOf)).forEach((line, at) => say(line, told(cleared[at]!, now)));
  }

  /** What is watched, from the configuration. */
  explain(rules: Rules): void {
    const share = (value: number) => `${+(value * 100).toFixed(1)} %`;
    const lines = [
      `mismatches: more than ${share(rules.mismatch_share)} of ${rules.min_requests} requests or more`,
      `failures: more than ${share(rules.failure_share)} of ${rules.min_requests} requests or more`,
      `conflicts: more than ${rules.conflicts_per_key} on one key`,
      `stuck keys: more than ${rules.stuck_keys} that were PROCESSING all the while`,
      `slow operations: one whose p99 is over ${rules.p99_ms} ms`,
      `unresolved keys: one that has been AMBIGUOUS for ${span((rules.ambiguous_s ?? 0) * 1000)}, whenever that began`,
    ];
    say(find("rules-title"), `An alert is raised if there were, in the last ${rules.window_s} s:`);
    find("rules").replaceChildren(...lines.map((line) => element("li", {}, line)));
  }

  /** The role is on the title alone: what changes every second would be read out every second. */
  #banner(name: string): HTMLLIElement {
    const alert = this.#alerts.find((alert) => nameOf(alert) === name)!;
    const heading = element("strong", { role: "alert" }, titleOf(alert));
    heading.title = alert.about ?? "";
    return element("li", {}, heading, element("p", { class: "why" }), element("p", { class: "since" }));
  }
}

function nameOf({ rule, about, since }: Alert): string {
  return `${rule} ${about} ${since}`;
}

function calm(raised: number, cleared: number): string {
  const now = raised === 0 ? "No alerts" : raised === 1 ? "1 alert" : `${raised} alerts`;
  return cleared === 0 ? `${now}. What is watched` : `${now}, ${cleared} cleared. What is watched`;
}

function titleOf({ rule, about }: Alert): string {
  const title = TITLES[rule] ?? rule;
  if (about === undefined) return title;
  return `${title}: ${rule === "conflicts_per_key" ? short(about) : about}`;
}

function told(alert: Cleared, now: number): string {
  const { since, clearedAt } = alert;
  return `${titleOf(alert)}, raised at ${moment(since, now)}, cleared after ${span(clearedAt - since)}.`;
}
