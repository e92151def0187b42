// Puts the page together: what is heard changes the model, and the views show the model, at most once a frame.

import { AlertsView } from "./alerts.ts";
import { Connection, type State } from "./connection.ts";
import { DurationsView } from "./durations.ts";
import { find } from "./element.ts";
import { EventsView } from "./events.ts";
import { FiguresView } from "./figures.ts";
import { HeldView } from "./held.ts";
import { LookUpView } from "./look_up.ts";
import { Model } from "./model.ts";
import { whenColorsChange } from "./paint.ts";
import { PatternsView } from "./patterns.ts";
import type { Message } from "./protocol.ts";
import { RequestsView } from "./requests.ts";
import { StatusView } from "./status.ts";

/** Ages and the charts' right edge move on while nothing is heard. */
const TICK_MS = 1000;

export function open(): void {
  new Dashboard();
}

class Dashboard {
  readonly #model = new Model();
  /** How far the Worker's clock is ahead of this one, in milliseconds. */
  #aheadMs = 0;
  #isDue = false;
  readonly #show = () => this.#showSoon();
  readonly #alerts = new AlertsView();
  readonly #figures = new FiguresView();
  readonly #requests = new RequestsView();
  readonly #durations = new DurationsView(this.#show);
  readonly #lookUp = new LookUpView(() => this.#now());
  readonly #events = new EventsView((key, caller) => this.#lookUp.open(key, caller), this.#show);
  readonly #held = new HeldView((key, choice) => this.#lookUp.openHeld(key, choice));
  readonly #patterns = new PatternsView();
  readonly #status = new StatusView(() => this.#connection.retry());
  readonly #connection: Connection;

  constructor() {
    const url = new URL("/dashboard/live", location.href);
    url.protocol = url.protocol.replace("http", "ws");
    this.#connection = new Connection(url.href, {
      heard: (message) => this.#hear(message),
      changed: (state) => this.#change(state),
    });
    whenColorsChange(() => [this.#requests, this.#durations].forEach((view) => view.recolor()));
    setInterval(this.#show, TICK_MS);
  }

  #now(): number {
    return Date.now() + this.#aheadMs;
  }

  #hear(message: Message): void {
    this.#aheadMs = message.now - Date.now();
    this.#model.take(message);
    this.#showSoon();
  }

  #change(state: State): void {
    if (state.name === "lost") this.#model.lose(this.#now());
    if (state.name !== "connecting") void this.#ask();
    this.#showSoon();
  }

  /** What a WebSocket does not tell: what the rules are, or why there is no connection. */
  async #ask(): Promise<void> {
    try {
      const response = await fetch("/api/v1/alerts");
      const answer = await response.json();
      if (response.ok) this.#alerts.explain(answer.rules);
      this.#status.explain(response.ok ? "" : answer.detail);
    } catch {
      this.#status.explain("The service cannot be reached.");
    }
    this.#showSoon();
  }

  #showSoon(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    requestAnimationFrame(() => {
      this.#isDue = false;
      this.#showAll();
    });
  }

  #showAll(): void {
    const model = this.#model;
    // What is not heard is not known: while the connection is lost, time stands still.
    const now = model.lostAt ?? this.#now();
    this.#status.show(this.#connection.state, model.alerts.length);
    if (model.openedAt === undefined) return;
    const isNothing = Object.keys(model.tally.requests).length === 0;
    find("welcome").hidden = !isNothing;
    this.#alerts.show(model, now);
    this.#figures.show(model, now);
    this.#requests.show(model, now);
    this.#durations.show(model, now);
    this.#held.show(model, now);
    this.#events.show(model, now);
    this.#patterns.show(model);
  }
}
