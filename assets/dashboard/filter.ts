// Which events the list shows. Pure.

import type { Line } from "./model.ts";
import type { Seen } from "./protocol.ts";

/** What is empty filters nothing. */
export interface Filter {
  text: string;
  kind: "" | "answers" | "warnings";
  operation: string;
  outcome: string;
}

export function isEmpty(filter: Filter): boolean {
  return Object.values(filter).every((value) => value === "");
}

/** That some events are not told one by one is to be seen whatever the filter. */
export function passes(line: Line, filter: Filter): boolean {
  if (!("seen" in line)) return true;
  const { seen } = line;
  return (
    isOfKind(seen, filter.kind) &&
    (filter.operation === "" || seen.operation === filter.operation) &&
    (filter.outcome === "" || seen.outcome === filter.outcome) &&
    contains(seen, filter.text.trim().toLowerCase())
  );
}

function isOfKind(seen: Seen, kind: Filter["kind"]): boolean {
  if (kind === "answers") return seen.outcome !== undefined;
  return kind === "" || seen.level !== "info";
}

function contains(seen: Seen, text: string): boolean {
  const { message, detail, operation, idempotency_key, caller, correlation_id } = seen;
  const words = [message, detail, operation, idempotency_key, caller, correlation_id];
  return words.some((word) => word?.toLowerCase().includes(text));
}
