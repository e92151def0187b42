import { describe, expect, it } from "vitest";
import { decided } from "./decisions.ts";
import { cases, FILES } from "./vectors.ts";

describe.each(FILES)("the pure functions decide as vectors/%s.json says:", (file) => {
  it.each(cases(file))("$name", (vector) => {
    const effects = decided(vector);

    expect(effects).toEqual(vector.steps.map((step) => step.effects));
  });
});
