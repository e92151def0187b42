// The body of an answer that comes from elsewhere and is sent on as it comes. None of it enters Rust's memory.

/**
 * The bytes of `first`, then the `chunks` that have come, then what `reader` gives: as fast as they are taken, and no
 * faster. If nobody takes them any more, nobody is asked for them.
 *
 * It is written out because a pipe would notice only with the next chunk that nobody takes it, and there may be none for
 * hours.
 */
export function streamOf(first, { chunks, reader }) {
  // They lie in Rust's memory, which will be used again.
  if (first.length > 0) chunks.unshift(first.slice());
  const source = {
    async pull(controller) {
      const { done, value } = chunks.length > 0 ? { value: chunks.shift() } : await reader.read();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel: (reason) => reader.cancel(reason),
  };
  return new ReadableStream(source, { highWaterMark: 0 });
}
