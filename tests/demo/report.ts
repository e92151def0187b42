// What the demo has to say at its end.

import type { Result } from "./demo.ts";

/** What was sent, as the answers say; where the service has counted otherwise, that too. */
export function table({ sent, counted }: Result): string {
  const outcomes = [...new Set([...sent.outcomes(), ...counted.outcomes()])];
  const operations = [...new Set([...sent.operations, ...counted.operations])].sort();
  const cell = (operation: string, outcome: string) => {
    const [own, other] = [sent.of(operation, outcome), counted.of(operation, outcome)];
    return own === other ? `${own}` : `${own} (/metrics: ${other})`;
  };
  const rows = outcomes.map((outcome) => [
    outcome,
    ...operations.map((operation) => cell(operation, outcome)),
  ]);
  const lines = [["", ...operations], ...rows];
  const widths = ["", ...operations].map((_, at) => Math.max(...lines.map((line) => line[at]!.length)));
  return lines
    .map((line) =>
      line.map((text, at) => (at === 0 ? text.padEnd(widths[at]!) : text.padStart(widths[at]!))).join("  "),
    )
    .join("\n");
}

export function verdict({ sent, counted, unanswered }: Result): string {
  const lost = unanswered === 0 ? "" : `\n${unanswered} requests got no answer; each may be counted or not.`;
  return counted.equals(sent)
    ? `/metrics has all ${sent.total} requests, each by its operation and outcome.${lost}`
    : `/metrics has ${counted.total} requests, and ${sent.total} were answered: they differ. ` +
        `Does anybody else use this server?${lost}`;
}
