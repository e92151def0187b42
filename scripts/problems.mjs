// Writes the problem types of the description, assets/openapi.json, as types for packages/client.

import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const FILE = "packages/client/src/problem-types.ts";

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(FILE, problemTypes(readFileSync("assets/openapi.json", "utf8")));
}

/** The text of the file, for the text of a description. */
export function problemTypes(description) {
  const { examples } = JSON.parse(description).components;
  const types = new Map();
  for (const { value } of Object.values(examples).filter(
    ({ value }) => typeof value.retryable === "boolean",
  )) {
    const { type, title, retryable } = value;
    const { statuses } =
      types.get(type) ?? types.set(type, { title, retryable, statuses: new Set() }).get(type);
    statuses.add(value.status);
  }
  const members = [...types].map(
    ([type, { title, retryable, statuses }]) =>
      `  /** ${title}. */\n  "${type}": { status: ${[...statuses].join(" | ")}; retryable: ${retryable} };\n`,
  );
  return `/** The problem types of the service, by \`type\`. Made by scripts/problems.mjs from assets/openapi.json. */

export interface ProblemTypes {
${members.join("")}}
`;
}
