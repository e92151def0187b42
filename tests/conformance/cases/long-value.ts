// A JSON value of any length.

/** A target may bound how long a string is, apart from the content. */
const PIECE = 30_000;

/** The JSON text of a list of strings, `length` characters long in all; the last string ends in `last`. */
export function longValue(length: number, last = "x"): string {
  const strings = [];
  // A string takes two quotes, and a comma or bracket before it; the list takes one more bracket.
  let left = length - 1;
  for (; left > 2 * PIECE; left -= PIECE) strings.push("x".repeat(PIECE - 3));
  strings.push("x".repeat(left - 3 - last.length) + last);
  return JSON.stringify(strings);
}
