// What instance.rs asks of JavaScript: entry.js, which is another module, hears of it as an event.

/** Says that the instance has ended. */
export function end() {
  dispatchEvent(new Event("instanceend"));
}

let error;

/** Lets nothing be written with `console.error` until it is called again. */
export function silence(isSilent) {
  if (isSilent) error = console.error;
  console.error = isSilent ? () => {} : error;
}
