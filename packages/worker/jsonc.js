// JSON with comments, as policies are written.

/** JSON of JSON with comments and trailing commas, with everything else where it was. */
export function withoutComments(jsonc) {
  const isText = (part) => part[0] === '"';
  const blank = (part) => part.replace(/[^\n]/g, " ");
  const without = (pattern, text) => text.replace(pattern, (part) => (isText(part) ? part : blank(part)));
  const plain = without(/"(?:[^"\\]|\\.)*"|\/\/[^\n]*|\/\*[^]*?\*\//g, jsonc);
  return without(/"(?:[^"\\]|\\.)*"|,(?=\s*[\]}])/g, plain);
}
