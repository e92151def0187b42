// What becomes of the calls into Rust that are under way when the wasm instance ends: see instance.rs. Every future in it
// is lost then, and the requests that wait for them, of any key, would wait for ever. So each of them is ended here, the
// moment it happens.

/** Why a call failed that was under way when the instance ended. What ended it has been reported. */
export const INTERRUPTION = new Error("The instance ended.");

/** The `Tasks` of the instance that there is. */
let tasks;

/** Whether the instance has ended and there is no new one yet. */
let ended = false;

/** Whether what ended it was reported: a panic reports itself. */
let isReported = false;

/** Whether the instance has ended and there is no new one yet. */
export const hasEnded = () => ended;

/** A new instance is there, with these tasks. */
export function beginWith(newTasks) {
  tasks = newTasks;
  ended = false;
  isReported = false;
}

/** The instance has ended with this error, and those who could hear of that may have. */
export function endBy(error) {
  end();
  if (!isReported) console.error(error);
  isReported = true;
}

function end() {
  ended = true;
  tasks?.end(INTERRUPTION);
}

addEventListener("instanceend", end);
addEventListener("panic", () => (isReported = true));

/** Whether a timer or a promise calls back into an instance that has ended. Nobody waits for what it would do. */
const isTooLate = (error) => /previous wasm instance/i.test(error?.message);

// What ended the instance where no call of ours was on the stack. The platform would report it too.
addEventListener("error", (event) => {
  if (!ended && !isTooLate(event.error)) return;
  if (!isTooLate(event.error)) endBy(event.error);
  event.preventDefault();
});

addEventListener("unhandledrejection", (event) => {
  if (isTooLate(event.reason)) event.preventDefault();
  else if (ended) endBy(event.reason);
});
