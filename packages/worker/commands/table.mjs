// The routes of a policy as a table, in the order in which they are tried.

const KEY_FIELDS = "header:Idempotency-Key,header:X-Idempotency-Key";

const HEAD = ["#", "Requests", "API", "Key", "Whose key", "If unknown", "Kept for"];

/** The routes of an outline, and what becomes of all other requests. */
export function table({ upstreams, routes, pass }) {
  const places = new Map(upstreams.map(({ name, url, binding }) => [name, url ?? `the binding ${binding}`]));
  const to = (name) => `${name} (${places.get(name)})`;
  const rows = routes.map((route, at) => [
    String(at + 1),
    `${route.methods.join(", ")} ${route.host ?? ""}${route.path}`,
    [to(route.upstream), route.rewrite].filter(Boolean).join(", "),
    keyOf(route),
    route.caller,
    route.ambiguous,
    duration(route.retention_s),
  ]);
  return [
    ...aligned([HEAD, ...rows]),
    `All else ${pass === null ? "gets 404" : `passes to ${to(pass)}`}.`,
  ].join("\n");
}

function keyOf({ key, key_is_required }) {
  const places = key.join(",") === KEY_FIELDS ? "Idempotency-Key" : key.join(", ");
  return `${places}, ${key_is_required ? "required" : "if sent"}`;
}

const UNITS = [
  ["d", 86_400],
  ["h", 3600],
  ["min", 60],
  ["s", 1],
];

/** In the largest unit that divides it, such as `24 h`. */
function duration(seconds) {
  const [unit, size] = UNITS.find(([, size]) => seconds % size === 0);
  return `${seconds / size} ${unit}`;
}

function aligned(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]))
      .join("  ")
      .trimEnd(),
  );
}
