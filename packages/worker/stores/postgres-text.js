// PostgreSQL's texts have no U+0000. U+FFFF, which no text needs, stands before the digit 0 for it, and twice for itself.

export function storable(value) {
  if (typeof value !== "string") return value;
  return value.replace(/[\0\uffff]/g, (character) => (character === "\0" ? "\uffff0" : "\uffff\uffff"));
}

export function asItWas(row) {
  for (const [name, value] of Object.entries(row))
    if (typeof value === "string" && value.includes("\uffff"))
      row[name] = value.replace(/\uffff(.)/gs, (_, escaped) => (escaped === "0" ? "\0" : escaped));
  return row;
}
