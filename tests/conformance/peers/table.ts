// node table.ts <results.json>…
//
// Prints what `--json` has written for several targets as one Markdown table.

import { readFileSync } from "node:fs";

interface Results {
  profile: string;
  summary: { passed: number; failed: number; notApplicable: number };
  cases: { id: string; title: string; source: string; shows: number[]; result: string }[];
}

const MARKS: Record<string, string> = { passed: "yes", failed: "**no**", "not applicable": "–" };

const targets = process.argv.slice(2).map((file) => JSON.parse(readFileSync(file, "utf8")) as Results);
const row = (cells: string[]) => console.log(`| ${cells.join(" | ")} |`);

row(["Case", "What the target does", "Source", "Collected", ...targets.map(({ profile }) => profile)]);
row(["---", "---", "---", "---", ...targets.map(() => "---")]);
for (const { id, title, source, shows } of targets[0]!.cases) {
  const marks = targets.map(({ cases }) => MARKS[cases.find((other) => other.id === id)?.result ?? ""] ?? "");
  row([`\`${id}\``, title, source, shows.join(", "), ...marks]);
}
const total = (of: (summary: Results["summary"]) => number) =>
  targets.map(({ summary }) => String(of(summary)));
row(["", "Passed", "", "", ...total(({ passed }) => passed)]);
row(["", "Failed", "", "", ...total(({ failed }) => failed)]);
row(["", "Not applicable", "", "", ...total(({ notApplicable }) => notApplicable)]);
