// Shortens the description for the eye: what every answer has is said once, not with each answer.

/** The description without the header fields that all answers have in common; its introduction has them instead. */
export function foldCommonFields(api) {
  const answers = allAnswers(api);
  const [first] = answers;
  const common = Object.keys(first.headers).filter((name) => answers.every(({ headers }) => name in headers));
  const rows = common.map((name) => `| \`${name}\` | ${api.components.headers[name].description} |`);
  const table = ["**Every answer has**", "", "| Field | Value |", "|---|---|", ...rows].join("\n");
  const folded = structuredClone(api);
  // The page calls the server that it comes from, and may call no other.
  delete folded.servers;
  folded.info.description += `\n\n${table}\n`;
  allAnswers(folded).forEach(({ headers }) => common.forEach((name) => delete headers[name]));
  return folded;
}

function allAnswers(api) {
  const operations = Object.values(api.paths).flatMap((path) => Object.values(path));
  const answers = operations.flatMap(({ responses }) => Object.values(responses));
  return [...answers.filter((answer) => !answer.$ref), ...Object.values(api.components.responses)];
}
