// The types of problems in the package are those of the description, and an answer's problem can be read.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type Problem, problemOf } from "../../packages/client/src/problems.ts";
import { problemTypes } from "../../scripts/problems.ts";
import { text } from "../harness/description.ts";

const MADE = join(import.meta.dirname, "../../packages/client/src/problem-types.ts");

test("the types are those of the description", () => {
  expect(readFileSync(MADE, "utf8")).toBe(problemTypes(text));
});

test("the description has an example of each problem that it lists", () => {
  const listed = text.matchAll(/"\/problems\/[a-z-]+"/g);

  const made = problemTypes(text);

  for (const [type] of listed) expect(made).toContain(`  ${type}: {`);
});

test("an answer that tells of a problem has one, and can still be read", async () => {
  const told = { type: "/problems/request-mismatch", status: 422, retryable: false };
  const headers = { "Content-Type": "application/problem+json; charset=utf-8" };
  const answer = new Response(JSON.stringify(told), { status: 422, headers });

  const problem = await problemOf(answer);

  expect(problem).toEqual(told);
  expect(await answer.json()).toEqual(told);
  expect(advice(problem!)).toBe("another intent");
});

test("any other answer has none", async () => {
  const answer = new Response("{}", { headers: { "Content-Type": "application/json" } });

  expect(await problemOf(answer)).toBeUndefined();
});

/** The compiler knows what a type has: this would not compile otherwise. */
function advice(problem: Problem): string {
  switch (problem.type) {
    case "/problems/request-mismatch": {
      const status: 400 | 422 = problem.status;
      return status ? "another intent" : "";
    }
    case "/problems/rate-limited": {
      const retryable: true = problem.retryable;
      return String(retryable);
    }
    default:
      return problem.title;
  }
}
