// The one connection to the Worker: opened, watched, and opened again when it is lost.

import type { Message } from "./protocol.ts";

const FIRST_DELAY_MS = 1000;
const LONGEST_DELAY_MS = 15_000;

/** The Worker's side answers without waking up; see `connect` in src/monitor/object.rs. */
const PING = "ping";
const PONG = "pong";
const PING_PERIOD_MS = 20_000;
const PONG_DEADLINE_MS = 8_000;

export type State =
  { name: "connecting" } | { name: "live"; since: number } | { name: "lost"; since: number; retryAt: number };

export interface Listener {
  heard(message: Message): void;
  changed(state: State): void;
}

/** How long to wait before the `attempt`th attempt (from 0 on) to connect again; `random` is from 0 to 1. */
export function retryDelayMs(attempt: number, random: number): number {
  const longest = Math.min(FIRST_DELAY_MS * 2 ** attempt, LONGEST_DELAY_MS);
  // Pages that were disconnected together do not come back together.
  return attempt === 0 ? longest : longest * (0.6 + 0.4 * random);
}

export class Connection {
  state: State = { name: "connecting" };
  readonly #url: string;
  readonly #listener: Listener;
  #socket: WebSocket | undefined;
  #attempt = 0;
  #timers: ReturnType<typeof setTimeout>[] = [];

  constructor(url: string, listener: Listener) {
    this.#url = url;
    this.#listener = listener;
    // A network that went away takes open connections with it, and tells them nothing.
    addEventListener("offline", () => this.#lose());
    addEventListener("online", () => this.retry());
    document.addEventListener(
      "visibilitychange",
      () => document.visibilityState === "visible" && this.#ping(),
    );
    this.#open();
  }

  /** Tries at once, if there is anything to try. */
  retry(): void {
    if (this.state.name === "lost") this.#open();
  }

  #open(): void {
    this.#forget();
    const socket = new WebSocket(this.#url);
    this.#socket = socket;
    socket.addEventListener("message", ({ data }) => socket === this.#socket && this.#hear(data));
    socket.addEventListener("close", () => socket === this.#socket && this.#lose());
    this.#after(PONG_DEADLINE_MS, () => this.#lose());
  }

  #hear(data: string): void {
    this.#stopTimers();
    this.#after(PING_PERIOD_MS, () => this.#ping());
    if (data === PONG) return;
    if (this.state.name !== "live") this.#become({ name: "live", since: Date.now() });
    this.#attempt = 0;
    this.#listener.heard(JSON.parse(data));
  }

  /** A connection can be dead without either end knowing: only an answer proves that it is not. */
  #ping(): void {
    if (this.state.name !== "live") return;
    this.#stopTimers();
    this.#socket?.send(PING);
    this.#after(PONG_DEADLINE_MS, () => this.#lose());
  }

  #lose(): void {
    this.#forget();
    const since = this.state.name === "lost" ? this.state.since : Date.now();
    const delayMs = retryDelayMs(this.#attempt++, Math.random());
    this.#become({ name: "lost", since, retryAt: Date.now() + delayMs });
    this.#after(delayMs, () => this.#open());
  }

  /** Nothing that the present connection still does counts. */
  #forget(): void {
    this.#stopTimers();
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.close();
  }

  #become(state: State): void {
    this.state = state;
    this.#listener.changed(state);
  }

  #after(delayMs: number, what: () => void): void {
    this.#timers.push(setTimeout(what, delayMs));
  }

  #stopTimers(): void {
    this.#timers.forEach(clearTimeout);
    this.#timers = [];
  }
}
