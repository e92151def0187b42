// What instance.rs asks of JavaScript. ending.js, which is in another module, hears of it as an event.

/** Says that the instance has ended. */
export function end() {
  dispatchEvent(new Event("instanceend"));
}

/** Says that a panic, which has been reported, is about to end the instance. */
export function panic() {
  dispatchEvent(new Event("panic"));
}
