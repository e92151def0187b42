// Writes the problem types of the description, assets/openapi.json, as types for packages/client.

import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const FILE = "packages/client/src/problem-types.ts";

interface Description {
  components: { examples: Record<string, { value: Partial<Problem> }> };
}

interface Problem {
  type: string;
  title: string;
  status: number;
  retryable: boolean;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(FILE, problemTypes(readFileSync("assets/openapi.json", "utf8")));
}

/** The text of the file, for the text of a description. */
export function problemTypes(description: string): string {
  const { components } = JSON.parse(description) as Description;
  const examples = Object.values(components.examples).map(({ value }) => value);
  const problems = examples.filter((value): value is Problem => value.retryable !== undefined);
  const types = Map.groupBy(problems, ({ type }) => type);
  return `/** The problem types of the service, by \`type\`. Made by scripts/problems.ts from assets/openapi.json. */

export interface ProblemTypes {
${[...types.values()].map(member).join("")}}
`;
}

/** What is known of one type, from its examples. */
function member(problems: Problem[]): string {
  const { type, title, retryable } = problems[0]!;
  const statuses = [...new Set(problems.map(({ status }) => status))].join(" | ");
  return `  /** ${title}. */\n  "${type}": { status: ${statuses}; retryable: ${retryable} };\n`;
}
