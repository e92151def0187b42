// The suite finds what it is there to find: servers with one thing wrong fail the cases about it.

import { once } from "node:events";
import { createServer, get, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import type { Target } from "./bench.ts";
import { CASES } from "./cases/index.ts";
import { startNaive } from "./naive/server.ts";
import type { Profile } from "./profile.ts";
import { type Breakage, REFERENCE_PROFILE, startReference } from "./reference.ts";
import { summarize, toJunit } from "./report.ts";
import { type Result, runSuite } from "./suite.ts";

test("a server that does everything right passes, and is not credited with what it cannot show", async () => {
  const results = await against(undefined);

  expect(results.filter(({ result }) => result === "failed")).toEqual([]);
  expect(resultOf(results, "kill-before-the-effect")).toBe("not applicable");
  expect(resultOf(results, "store-down-at-claim")).toBe("not applicable");
  expect(summarize(results).passed).toBeGreaterThan(50);
});

describe.concurrent("a server with one thing wrong", () => {
  test.each<[Breakage, string[]]>([
    ["no idempotency", ["replay", "replay-often", "other-payload", "hundred-at-once", "random-run"]],
    ["check and set are two steps", ["hundred-at-once", "two-payloads-race", "expired-together"]],
    [
      "payloads are not compared",
      ["other-payload", "array-order", "types", "numbers-beyond-doubles", "random-run"],
    ],
    ["numbers are compared as doubles", ["numbers-beyond-doubles"]],
    [
      "a crash makes it run again",
      ["crash-after-the-effect", "failure-after-the-effect", "paused-owner", "random-run"],
    ],
    ["a failure leaves the key locked", ["failure-before-the-effect", "crash-before-the-effect"]],
    ["callers share keys", ["two-callers", "two-callers-two-payloads", "squatted-key", "callers-in-a-crowd"]],
    ["replays extend the lifetime", ["expiry-to-the-moment"]],
    ["replays are made anew", ["replay", "replay-often", "random-run"]],
    ["attempts are not given up", ["deadline"]],
    ["late attempts settle", ["paused-owner", "late-release"]],
    ["failures are not told from answers", ["failure-before-the-effect", "random-run"]],
  ])("%s: fails the cases about it", async (breakage, cases) => {
    const results = await against(breakage, cases);

    expect(results.map(({ case: { id }, result }) => [id, result])).toEqual(
      CASES.filter(({ id }) => cases.includes(id)).map(({ id }) => [id, "failed"]),
    );
  });
});

test("a gateway that goes where a request says fails the case about it", async () => {
  const results = await againstGateway(await startOpenProxy(), "gateway-allow-list");

  expect(results).toMatchObject([{ result: "failed", reason: expect.stringContaining("another host") }]);
});

test("an API without a gateway fails the case about the key that it gets", async () => {
  const results = await againstGateway(await startNaive(), "gateway-derived-key");

  expect(results).toMatchObject([{ result: "failed" }]);
});

test("a server whose effects are counted by its answers is not credited with effects that no answer tells of", async () => {
  const untold = CASES.filter(({ needs = [] }) => needs.includes("counting")).map(({ id }) => id);
  const profile: Profile = { ...REFERENCE_PROFILE, effects: { idMember: "id" } };

  const results = await against("a crash makes it run again", untold, profile);

  expect(untold).toEqual(expect.arrayContaining(UNTOLD));
  expect(results.filter(({ result }) => result !== "not applicable")).toEqual([]);
});

test("a server that keeps refusals is not credited with keys that stay free", async () => {
  const { policies } = REFERENCE_PROFILE;
  const profile: Profile = {
    ...REFERENCE_PROFILE,
    policies: { ...policies, compares: "json", afterRefusal: "kept" },
  };

  const [result] = await against(undefined, ["payload-malformed"], profile);

  expect(result).toMatchObject({ result: "not applicable", reason: "the target keeps refusals" });
});

test("a report for build servers counts failures and what is not applicable", async () => {
  const [failed] = await against("no idempotency", ["replay"]);
  const skipped: Result = { ...failed!, result: "not applicable", reason: 'a "reason" & more' };

  const xml = toJunit({ url: new URL("http://h"), profile: REFERENCE_PROFILE, folder: "", seed: 1 }, [
    failed!,
    skipped,
  ]);

  expect(xml).toContain('tests="2" failures="1" skipped="1"');
  expect(xml).toContain('<skipped message="a &quot;reason&quot; &amp; more"/>');
});

/** Cases in which an attempt ends without its client being told of the effect. */
const UNTOLD = [
  "failure-after-the-effect",
  "failures-in-a-row",
  "crash-after-the-effect",
  "crash-after-crash",
  "disconnect",
  "kill-with-fifty-in-flight",
  "panic",
  "random-run",
];

async function against(
  breakage: Breakage | undefined,
  ids?: string[],
  profile = REFERENCE_PROFILE,
): Promise<Result[]> {
  const server = await startReference(breakage);
  try {
    const target: Target = {
      url: server.url,
      profile,
      folder: import.meta.dirname,
      seed: 1,
    };
    return await runSuite(
      target,
      CASES.filter(({ id }) => !ids || ids.includes(id)),
    );
  } finally {
    server.stop();
  }
}

/** The only case, against a server that is to stand in front of another one. It ends with the test. */
async function againstGateway(server: Server, id: string): Promise<Result[]> {
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const gateway = { asked: "/asked?tag=$TAG", keyMember: "key", busy: "busy" };
  const { faults, ...rest } = REFERENCE_PROFILE;
  const profile = { ...rest, faults: { ...faults!, field: "X-Order-Fault" }, gateway };
  const target = { url, profile, folder: import.meta.dirname, seed: 1 };
  return runSuite(
    target,
    CASES.filter((one) => one.id === id),
  );
}

/** Goes wherever the field `Host` says. */
async function startOpenProxy(): Promise<Server> {
  const server = createServer((request, response) => {
    const { port } = server.address() as AddressInfo;
    const isOwn = request.headers.host === `127.0.0.1:${port}`;
    if (!isOwn) get(`http://${request.headers.host}/`, (answer) => answer.resume()).on("error", () => {});
    response.end("{}");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}

function resultOf(results: Result[], id: string) {
  return results.find((result) => result.case.id === id)?.result;
}
