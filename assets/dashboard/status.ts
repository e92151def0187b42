// Whether the page is up to date, and if not, since when and what is being done about it.

import type { State } from "./connection.ts";
import { find, say } from "./element.ts";
import { moment, span } from "./words.ts";

export class StatusView {
  /** Why there is no connection, if the service says so. */
  #why = "";

  constructor(retry: () => void) {
    find("retry").addEventListener("click", retry);
  }

  show(state: State, alerts: number): void {
    const line = find("connection");
    line.dataset.state = state.name;
    find("retry").hidden = state.name !== "lost";
    say(line, this.#words(state));
    // Apart from the rest, for that is read out whenever it changes.
    say(find("next"), state.name === "lost" ? next(state.retryAt - Date.now()) : "");
    document.body.toggleAttribute("data-stale", state.name === "lost");
    document.title = `${prefix(state, alerts)}edge-idempotency: dashboard`;
  }

  explain(why: string): void {
    this.#why = why;
  }

  #words(state: State): string {
    if (state.name === "connecting") return "Connecting…";
    if (state.name === "live") return "Live";
    return `Disconnected since ${moment(state.since, Date.now())}. ${this.#why}`.trim();
  }
}

function next(leftMs: number): string {
  return leftMs > 500 ? `Trying again in ${span(leftMs + 500)}` : "Trying again…";
}

/** The window's title is all that is seen of a page in the background. */
function prefix(state: State, alerts: number): string {
  if (state.name === "lost") return "Disconnected – ";
  return alerts === 0 ? "" : `(${alerts}) `;
}
