/** Time: a wait ends when what it waits for is over, when the time is up, or when the caller aborts. */

/** The longest time that timers take; a longer one would ring at once. */
const MAX_MS = 2 ** 31 - 1;

/** Settles as `work` does, resolves with `undefined` after `ms`, or rejects with the reason of `signal` once it is aborted. */
export function within<T>(
  ms: number,
  signal: AbortSignal,
  work: Promise<T> = new Promise(() => {}),
): Promise<T | undefined> {
  let forget!: () => void;
  const over = new Promise<undefined>((resolve, reject) => {
    const abort = () => reject(signal.reason);
    const timer = setTimeout(resolve, Math.min(ms, MAX_MS));
    signal.addEventListener("abort", abort);
    if (signal.aborted) abort();
    forget = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", abort);
    };
  });
  return Promise.race([work, over]).finally(forget);
}
