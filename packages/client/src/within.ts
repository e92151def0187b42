/** Time: a wait ends when what it waits for is over, when the time is up, or when the caller aborts. */

import { errorClass } from "./errors.js";

const AbortError = errorClass("AbortError");

/**
 * Settles as `work` does, resolves with `undefined` after `ms`, or rejects once `signal` is aborted. If there is no time,
 * or the signal is aborted before, nothing is begun.
 */
export function within<T>(
  ms: number,
  signal: AbortSignal | null | undefined,
  work?: () => Promise<T>,
): Promise<T | undefined> {
  let forget: () => void;
  return new Promise<T | undefined>((resolve, reject) => {
    // React Native knows no reasons.
    const abort = () => reject(signal!.reason ?? new AbortError(""));
    const timer = setTimeout(resolve, Math.max(0, ms));
    forget = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
    };
    signal?.addEventListener("abort", abort);
    if (signal?.aborted) abort();
    else if (ms > 0) work?.().then(resolve, reject);
  }).finally(() => forget());
}
