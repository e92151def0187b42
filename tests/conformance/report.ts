// The three forms of a result: a table to read, JSON, and JUnit's XML for build servers.

import type { Target } from "./bench.ts";
import type { Result } from "./suite.ts";

export interface Summary {
  passed: number;
  failed: number;
  notApplicable: number;
  /** How many of the collected cases have been shown: at least one case shows each, and all of those passed. */
  collectedShown: number;
}

export function summarize(results: Result[]): Summary {
  const count = (wanted: Result["result"]) => results.filter(({ result }) => result === wanted).length;
  const shown = new Set(
    results.filter(({ result }) => result === "passed").flatMap((r) => r.case.shows ?? []),
  );
  for (const { case: aCase, result } of results)
    if (result === "failed") aCase.shows?.forEach((number) => shown.delete(number));
  return {
    passed: count("passed"),
    failed: count("failed"),
    notApplicable: count("not applicable"),
    collectedShown: shown.size,
  };
}

export function summaryLine(results: Result[]): string {
  const { passed, failed, notApplicable, collectedShown } = summarize(results);
  return `${passed} passed, ${failed} failed, ${notApplicable} not applicable; ${collectedShown} of the 104 collected cases shown`;
}

const WIDTHS = { id: 34, title: 66, source: 40, result: 15 };

export function tableHead(): string {
  return row("case", "title", "source", "result", "reason");
}

export function tableRow({ case: aCase, result, reason = "" }: Result): string {
  return row(aCase.id, aCase.title, aCase.source, result, reason.replaceAll("\n", " "));
}

function row(id: string, title: string, source: string, result: string, reason: string): string {
  const cells = Object.entries({ id, title, source, result }).map(([name, text]) => {
    const width = WIDTHS[name as keyof typeof WIDTHS];
    return text.length > width ? `${text.slice(0, width - 1)}…` : text.padEnd(width);
  });
  return [...cells, reason].join("  ").trimEnd();
}

export function toJson(target: Target, results: Result[]): string {
  const cases = results.map(({ case: { id, title, source, shows = [] }, ...result }) => ({
    id,
    title,
    source,
    shows,
    ...result,
  }));
  const { url, profile, seed } = target;
  return JSON.stringify({ url, profile: profile.name, seed, summary: summarize(results), cases }, null, 2);
}

export function toJunit(target: Target, results: Result[]): string {
  const { failed, notApplicable } = summarize(results);
  const suite = `name="${xml(target.profile.name)}" tests="${results.length}" failures="${failed}" skipped="${notApplicable}"`;
  const lines = results.map((result) => {
    const { id, title, source } = result.case;
    const message = `message="${xml(result.reason ?? "")}"`;
    const inner = { passed: "", failed: `<failure ${message}/>`, "not applicable": `<skipped ${message}/>` };
    const name = `classname="conformance.${xml(id)}" name="${xml(`${title} (${source})`)}"`;
    return `  <testcase ${name} time="${result.duration_ms / 1000}">${inner[result.result]}</testcase>`;
  });
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuite ${suite}>\n${lines.join("\n")}\n</testsuite>\n`;
}

function xml(text: string): string {
  const escapes: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
  // XML 1.0 has no place for most control characters.
  return text.replace(/[\x00-\x08\x0b\x0c\x0e-\x1f]/g, "?").replace(/[&<>"]/g, (found) => escapes[found]!);
}
