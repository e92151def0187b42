// The limiter of requests per caller: who is refused, with what, and what becomes of the key.

import { describe, expect, onTestFinished, test } from "vitest";
import { AUDIT_LOGS, type Answer, Client, eventually, newKey, RESOURCES, serve } from "../harness/client.ts";
import { startServer } from "../harness/server.ts";

const PER_PERIOD = 5;
const api = serve({}, { rateLimit: PER_PERIOD });

describe("a caller that sends more than it may", () => {
  test("is told when to come back", async () => {
    const refused = await untilRefused(() => api.create(newKey(), { as: "often" }));

    expect(refused.json).toMatchObject({ type: "/problems/rate-limited", retryable: true });
    expect(refused.headers.get("Retry-After")).toBe("10");
    await api.logged({ message: "Request refused", problem: "rate-limited", status: 429 });
  });

  test("keeps the key of a refused request free", async () => {
    let key = "";
    await untilRefused(() => api.create((key = newKey()), { as: "free" }));
    const unused = await api.rows(key);

    const admitted = await untilAdmitted(() => api.create(key, { as: "free" }));

    expect(unused).toHaveLength(0);
    expect(admitted.status).toBe(201);
    expect(admitted.headers.has("Idempotent-Replayed")).toBe(false);
    expect((await api.status(key, { as: "free" })).json).toMatchObject({ attempts: 1 });
  });

  test.each([
    ["what it has made", `${RESOURCES}/${newKey()}`],
    ["a list", AUDIT_LOGS],
    ["the examples", "/api/v1/operations/idempotency-example"],
    ["a key", `/api/v1/operations/idempotency/${newKey()}`],
    ["the alerts", "/api/v1/alerts"],
    ["the metrics", "/metrics"],
    ["the dashboard", "/dashboard"],
    ["the dashboard's script", "/dashboard/page.js"],
    ["the dashboard's connection", "/dashboard/live"],
  ])("is refused %s too", async (what, path) => {
    const as = what.replaceAll(/\W/g, "-");

    const refused = await untilRefused(() => api.call(path, { as }));

    expect(refused.headers.get("Retry-After")).toBe("10");
  });

  test("leaves the others alone", async () => {
    await untilRefused(() => api.create(newKey(), { as: "greedy" }));

    const other = await api.create(newKey(), { as: "modest" });

    expect(other.status).toBe(201);
  });

  test("may read what is about no caller as often as it likes", async () => {
    const pages = ["/health", "/problems/rate-limited"];

    const answers = await Promise.all(
      pages.flatMap((page) => Array.from({ length: 4 * PER_PERIOD }, () => api.call(page))),
    );

    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  });
});

describe("a limiter that fails", () => {
  test("lets everything pass, and the log tells of it", async () => {
    const broken = new Client();
    broken.server = await startServer({ RATE_LIMITER: "no limiter at all" });
    onTestFinished(() => broken.server.stop());

    const answer = await broken.create(newKey());

    expect(answer.status).toBe(201);
    const [line] = await broken.logged({ message: "Rate limiter failed" });
    expect(line).toMatchObject({
      level: "warning",
      correlation_id: answer.headers.get("X-Correlation-ID"),
      reason: expect.stringMatching(/\w/),
    });
  });
});

/** The first answer that is a refusal. Where the period ends meanwhile, it takes as many requests again. */
async function untilRefused(send: () => Promise<Answer>): Promise<Answer> {
  return until(send, (status) => status === 429);
}

/** The first answer that is none. */
async function untilAdmitted(send: () => Promise<Answer>): Promise<Answer> {
  return until(send, (status) => status !== 429);
}

async function until(send: () => Promise<Answer>, is: (status: number) => boolean): Promise<Answer> {
  let answer!: Answer;
  await eventually(async () => is((answer = await send()).status));
  return answer;
}
