// What becomes of the calls into Rust that are under way when the wasm instance ends: see instance.rs. Every future in it
// is lost then, and the requests that wait for them, of any key, would wait for ever. So each of them is ended here, the
// moment it happens.
//
// entry.js imports this module first, so that it hears of errors before what worker-build puts around the instance.

/** How to end each of the calls that are under way, and when it began, in milliseconds since 1970. */
const interrupts = new Map();

/** Why a call ended with which nothing was wrong. */
const INTERRUPTION = new Error("The instance ended.");

/** How long a call may take, in milliseconds, as in promptly.rs. */
const LONGEST_MS = 1_200_000;

/** Whether nobody has reported yet what ended the instance. */
let isUnreported = false;

/** The `worker` crate's. With `criticalError`, whatever is made of Rust next is made in a new instance. */
const state = () => globalThis.__worker_init_state;

/** Whether the instance has ended and there is no new one yet. */
export const hasEnded = () => state().criticalError;

/** The answer of a call into Rust, or its failure, also if another call ends the instance. */
export function unlessInterrupted(call) {
  return new Promise((resolve, reject) => {
    const now = Date.now();
    forgetCancelled(now);
    interrupts.set(reject, now);
    const settle = (how) => (outcome) => {
      interrupts.delete(reject);
      how(outcome);
    };
    call.then(settle(resolve), settle(reject));
  });
}

/** The platform cancels what it lets go on no longer, and nobody hears of it. */
function forgetCancelled(now) {
  for (const [interrupt, began] of interrupts) {
    if (now - began < LONGEST_MS) break;
    interrupts.delete(interrupt);
  }
}

function end() {
  // The hook for panics sets it, and has reported the panic.
  isUnreported = !hasEnded();
  state().criticalError = true;
  for (const interrupt of interrupts.keys()) interrupt(INTERRUPTION);
  interrupts.clear();
}

/** The instance has ended with this error, and those who could hear of that may have. */
export function endBy(error) {
  if (!hasEnded()) end();
  if (isUnreported) console.error(error);
  isUnreported = false;
}

addEventListener("instanceend", end);

addEventListener("error", (event) => {
  if (!isUnreported && !(event.error instanceof WebAssembly.RuntimeError)) return;
  endBy(event.error);
  // Otherwise it would be reported again.
  event.stopImmediatePropagation();
  event.preventDefault();
});

addEventListener("unhandledrejection", ({ reason }) => {
  if (isUnreported) endBy(reason);
});
