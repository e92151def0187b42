/** Time: a wait ends when what it waits for is over, when the time is up, or when the caller aborts. */

/** The longest time that timers take; a longer one would ring at once. */
const MAX_MS = 2 ** 31 - 1;

/**
 * Settles as `work` does, resolves with `undefined` after `ms`, or rejects once `signal` is aborted. If it is aborted
 * before, nothing is begun.
 */
export function within<T>(ms: number, signal: AbortSignal, work?: () => Promise<T>): Promise<T | undefined> {
  let forget: () => void;
  return new Promise<T | undefined>((resolve, reject) => {
    // React Native knows no reasons.
    const abort = () => reject(signal.reason ?? Object.assign(new Error(), { name: "AbortError" }));
    const timer = setTimeout(resolve, Math.min(ms, MAX_MS));
    forget = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", abort);
    };
    signal.addEventListener("abort", abort);
    if (signal.aborted) abort();
    else work?.().then(resolve, reject);
  }).finally(() => forget());
}
