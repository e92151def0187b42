/** What stores of text have in common: JSON, and one name of many in a place that others use too. */

/** What begins the names of a store's values. No sensible name of a store holds a line break. */
export const prefixOf = (name: string) => `${name}\n`;

/** The value of a text, or the text itself if it is damaged. */
export function read(text: string | null): unknown {
  try {
    return text === null ? undefined : JSON.parse(text);
  } catch {
    return text;
  }
}

/** What `change` makes of a text: the new one, `null` to remove it, or `undefined` to leave it as it is. */
export function changed<T>(
  text: string | null,
  change: (stored: unknown) => T | undefined,
): string | null | undefined {
  const stored = read(text);
  const value = change(stored);
  if (value === undefined) return null;
  return value === stored ? undefined : JSON.stringify(value);
}
