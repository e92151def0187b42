import { describe, expect, it } from "vitest";
import { decided } from "./decisions.ts";
import { played } from "./shell.ts";
import { cases, FILES } from "./vectors.ts";

describe.each(FILES)("vectors/%s.json:", (file) => {
  it.each(cases(file))("decided: $name", (vector) => {
    const effects = decided(vector);

    expect(effects).toEqual(vector.steps.map((step) => step.effects));
  });

  it.each(cases(file))("done, with a URL: $name", async (vector) => {
    const effects = await played(vector, "url");

    expect(effects).toEqual(vector.steps.map((step) => step.effects));
  });

  it.each(cases(file))("done, with a Request: $name", async (vector) => {
    const effects = await played(vector, "request");

    expect(effects).toEqual(vector.steps.map((step) => step.effects));
  });
});
