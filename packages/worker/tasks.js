// JavaScript's side of the futures of one wasm instance: see tasks.rs. It makes promises of them, and tells them what becomes
// of the platform's promises and timers.

import { endBy } from "./ending.js";

/** What a promise of a task is kept with if the task has failed. Nobody need be there to catch it. */
export class Failure {
  constructor(error) {
    this.error = error;
  }
}

const settled = Promise.resolve();

/** The one timer of a request, for whatever it waits for a second after it came. */
export class Timer {
  #timer;
  hasRung = false;
  #ring = () => {};

  constructor(ms) {
    this.#timer = setTimeout(() => {
      this.hasRung = true;
      this.#ring();
    }, ms);
  }

  /** Whoever comes last is told. */
  tell(ring) {
    this.#ring = ring;
    // Not at once: whoever waits may be in the middle of something.
    if (this.hasRung) settled.then(ring);
  }

  stop() {
    clearTimeout(this.#timer);
  }
}

export class Tasks {
  #rust;
  /** How to keep the promise of each task. */
  #keep = new Map();
  #hasEnded = false;

  constructor(rust) {
    this.#rust = rust;
  }

  promise(task) {
    return new Promise((keep) => this.#keep.set(task, keep));
  }

  keep(task, value, hasFailed) {
    this.#keep.get(task)?.(hasFailed ? new Failure(value) : value);
    this.#keep.delete(task);
  }

  follow(promise, number) {
    promise.then(
      (value) => this.#call(() => this.#rust.settled(number, value, false)),
      (error) => this.#call(() => this.#rust.settled(number, error, true)),
    );
  }

  ring(ms, number) {
    return setTimeout(() => this.#call(() => this.#rust.settled(number, undefined, false)), ms);
  }

  listen(timer, number) {
    timer.tell(() => this.#call(() => this.#rust.settled(number, undefined, false)));
  }

  stop(timer) {
    clearTimeout(timer);
  }

  soon() {
    settled.then(() => this.#call(() => this.#rust.proceed()));
  }

  /** The instance has ended: none of its futures goes on, and whoever waits for one hears `error`. */
  end(error) {
    this.#hasEnded = true;
    for (const keep of this.#keep.values()) keep(new Failure(error));
    this.#keep.clear();
  }

  #call(rust) {
    if (this.#hasEnded) return;
    try {
      rust();
    } catch (error) {
      endBy(error);
    }
  }
}
