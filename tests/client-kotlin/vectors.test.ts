// The Kotlin client does what packages/client/vectors says, event by event.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cases, digestCases, FILES } from "../client/vectors.ts";
import { Driver } from "./driver.ts";

let driver: Driver;
beforeAll(() => {
  driver = new Driver();
});
afterAll(() => driver.kill());

describe.each(FILES)("the Kotlin client does as vectors/%s.json says:", (file) => {
  it.each(cases(file))("$name", async (vector) => {
    const told = await driver.ask({ do: "vector", case: vector });

    expect(told).toEqual({ answer: vector.steps.map((step) => step.effects) });
  });
});

describe("the Kotlin client digests", () => {
  it.each(digestCases())("$name", async ({ method, url, contentType, content, digest }) => {
    const headers = contentType === undefined ? {} : { "Content-Type": contentType };

    const told = await driver.ask({ do: "digest", method, url, headers, base64: content });

    expect(told).toEqual({ answer: digest });
  });
});
