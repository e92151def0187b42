// The Kotlin client does what packages/client/vectors says, event by event.

import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
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

test.each([
  { "Retry-After": "Fri, 31 Dec +999999999 23:59:59 GMT" },
  { "X-Idempotency-Expires-At": "+999999999-12-31T23:59:59Z" },
])("the Kotlin client ignores a date that no clock can hold: %o", async (headers) => {
  const call = cases("claim")[0]!.steps[0]!;
  const answer = { at: call.at, event: "answer", status: 503, headers, body: "", random: 0.5 };

  const told = await driver.ask({ do: "vector", case: { stored: {}, steps: [call, answer] } });

  expect(told.answer[1].at(-1)).toEqual({ effect: "wait", until: call.at + 100 });
});

test("the Kotlin client does not send a key that has expired while the device slept, after the store", async () => {
  const call = { ...cases("claim")[0]!.steps[0]!, sleepsMs: 60_000 };

  const told = await driver.ask({
    do: "vector",
    case: { options: { lifetimeMs: 60_000 }, stored: {}, steps: [call] },
  });

  const effects = told.answer[0].map(({ effect, reason }: any) => reason ?? effect);
  expect(effects).toEqual(["store", "expired"]);
});
