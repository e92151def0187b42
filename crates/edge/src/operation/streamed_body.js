// The body of an answer that comes from elsewhere and is sent on as it comes. None of it enters Rust's memory.

/** How much is asked for at a time, in bytes. The platform's own measure is 4 kB, each of which costs a turn. */
const CHUNK_BYTES = 65_536;

/**
 * The bytes of `first`, then the `chunks` that have come, then the rest of `body`: as fast as they are taken, and no
 * faster. If nobody takes them any more, nobody is asked for them.
 *
 * It is written out because a pipe would notice only with the next chunk that nobody takes it, and there may be none for
 * hours.
 */
export function streamOf(first, { chunks, body }) {
  // They lie in Rust's memory, which will be used again.
  if (first.length > 0) chunks.unshift(first.slice());
  const reader = body.getReader({ mode: "byob" });
  const source = {
    async pull(controller) {
      if (chunks.length > 0) return controller.enqueue(chunks.shift());
      const { done, value } = await reader.read(new Uint8Array(CHUNK_BYTES));
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel: (reason) => reader.cancel(reason),
  };
  return new ReadableStream(source, { highWaterMark: 0 });
}
