// Log lines: one JSON object per event, which tells whom it is about, and never what was said.

import { describe, expect, test } from "vitest";
import {
  AUDIT_LOG,
  AUDIT_LOGS,
  eventually,
  newKey,
  RESOURCES,
  serve,
  TRANSACTIONS,
} from "../harness/client.ts";

const api = serve();

describe("a line tells of", () => {
  test("a first request that starts and completes", async () => {
    const key = newKey();

    await api.create(key, named("first"));

    expect(await linesOf("first", 3)).toEqual([
      line(key, "first", { level: "info", message: "Starting idempotent operation", attempt: 1 }),
      line(key, "first", {
        level: "info",
        message: "Idempotent operation completed",
        attempt: 1,
        duration_ms: expect.any(Number),
      }),
      line(key, "first", { level: "info", message: "Returning first result", ...took }),
    ]);
  });

  test("a replay, and where it came from", async () => {
    const key = newKey();
    await api.create(key);

    await api.create(key, named("replay"));

    expect(await linesOf("replay", 1)).toEqual([
      line(key, "replay", { level: "info", message: "Returning cached result", source: "memory", ...took }),
    ]);
  });

  test("a request that came while the first was running", async () => {
    const key = newKey();
    const first = api.create(key, { fault: "delay=3000" });
    await api.isRunning(key);

    await api.create(key, named("conflict"));

    expect(await linesOf("conflict", 1)).toEqual([
      line(key, "conflict", { level: "info", message: "Operation already in progress", ...took }),
    ]);
    await first;
  });

  test("another request with the same key", async () => {
    const key = newKey();
    await api.create(key);

    await api.create(key, { ...named("mismatch"), payload: { name: "another" } });

    expect(await linesOf("mismatch", 1)).toEqual([
      line(key, "mismatch", {
        level: "warning",
        message: "Idempotency key already used with different request",
        ...took,
      }),
    ]);
  });

  test("an attempt that failed, and the one after it", async () => {
    const key = newKey();
    await api.create(key, { ...named("failing"), fault: "fail-before" });

    await api.create(key, named("retrying"));

    expect(await linesOf("failing", 3)).toEqual([
      line(key, "failing", { level: "info", message: "Starting idempotent operation", attempt: 1 }),
      line(key, "failing", {
        level: "warning",
        message: "Idempotent operation failed",
        attempt: 1,
        reason: expect.stringMatching(/\w/),
      }),
      line(key, "failing", { level: "info", message: "Returning failure", ...took }),
    ]);
    expect(await linesOf("retrying", 3)).toEqual([
      line(key, "retrying", { level: "info", message: "Previous attempt failed, retrying", attempt: 2 }),
      line(key, "retrying", {
        level: "info",
        message: "Idempotent operation completed",
        attempt: 2,
        duration_ms: expect.any(Number),
      }),
      line(key, "retrying", { level: "info", message: "Returning first result", ...took }),
    ]);
  });

  test.each([
    [RESOURCES, "create_resource"],
    [TRANSACTIONS, "create_transaction"],
    [AUDIT_LOG, "create_audit_log"],
  ] as const)("what %s did by its operation's name", async (path, operation) => {
    const key = newKey();

    await api.post(path, key);

    const lines = await api.logged({ idempotency_key: key, message: "Idempotent operation completed" });
    expect(lines).toMatchObject([{ operation }]);
  });

  test("the key as answers show it, however it was sent", async () => {
    const key = newKey();

    await api.create(key.toUpperCase(), named("upper-case"));

    expect(await linesOf("upper-case", 3)).toMatchObject([
      { idempotency_key: key },
      { idempotency_key: key },
      { idempotency_key: key },
    ]);
  });

  test("a request that was refused before it started, and why", async () => {
    const key = newKey();

    await api.create(key, { ...named("refused"), payload: {} });

    expect(await linesOf("refused", 1)).toEqual([
      line(key, "refused", {
        level: "info",
        message: "Request refused",
        problem: "validation-failed",
        status: 422,
        ...took,
      }),
    ]);
  });

  test("a request whose object was lost, and one that a panic interrupted", async () => {
    const key = newKey();
    await api.create(key, { ...named("reset"), fault: "abort-before" });
    await api.create(newKey(), { ...named("panic"), fault: "panic" });

    expect(await linesOf("reset", 2)).toContainEqual(
      line(key, "reset", {
        level: "warning",
        message: "Coordinator not reachable",
        reason: expect.stringMatching(/\w/),
        ...took,
      }),
    );
    const [first, ...others] = await linesOf("panic", 3);
    expect(first).toMatchObject({ message: "Starting idempotent operation", attempt: 1 });
    expect(others).toContainEqual(
      expect.objectContaining({ level: "error", message: "Service needs attention" }),
    );
  });
});

describe("no line tells of", () => {
  test("what was sent, answered or stored, or of a credential", async () => {
    const secret = `s3cret${newKey().slice(0, 8)}`;
    const as = `token${secret}`;
    const payload = { name: secret, metadata: { [secret]: secret } };
    const key = newKey();
    const call = { as, payload };

    await api.create(key, { ...call, fault: "fail-after" });
    await api.create(key, { ...call, fault: "abort-after" });
    await api.create(key, { ...call, fault: "panic" });
    const made = await api.create(key, call);
    await api.create(key, call);
    await api.create(key, { as, payload: { name: `${secret}2` } });
    await api.create(key, { as, payload: `{"name":"${secret}",}` });
    await api.create(key, { as, payload: { name: secret.repeat(20), metadata: secret } });
    await api.create(key, { payload, headers: { Authorization: `Basic ${secret}` } });
    await api.call(`${RESOURCES}/${secret}`, { as });
    await api.call(`${AUDIT_LOGS}?limit=${secret}&user_id=${secret}`, { as });
    await api.post(AUDIT_LOG, newKey(), { as, payload: { user_id: secret, action: secret, details: {} } });
    await api.create(newKey(), named("after-all"));
    await linesOf("after-all", 3);

    const written = [...api.server.logs.map((line) => JSON.stringify(line)), ...api.server.noise].join("\n");
    expect(made.status).toBe(201);
    expect(written).toContain(key);
    expect(written).not.toContain(secret);
    expect(written).not.toContain(made.json.id);
  });
});

describe("the caller in a line", () => {
  test("is nobody, a name that a token looks like, or a part of a digest; never another's", async () => {
    const tokens = [undefined, "anonymous", "ann", "A.Token"];

    const callers = await Promise.all(
      tokens.map(async (as, at) => {
        await api.create(newKey(), { ...named(`caller-${at}`), ...(as !== undefined && { as }) });
        const [first] = await linesOf(`caller-${at}`, 1);
        return first!.caller;
      }),
    );

    const digest = expect.stringMatching(/^token [0-9a-f]{8}$/);
    expect(callers).toEqual(["anonymous", digest, "ann", digest]);
  });
});

describe("every line", () => {
  test("is an object with the time, the level, a message and whom it is about", () => {
    expect(api.server.logs.length).toBeGreaterThan(20);
    for (const logged of api.server.logs) {
      expect(logged).toMatchObject({
        timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/),
        level: expect.stringMatching(/^(info|warning|error)$/),
        message: expect.stringMatching(/\w/),
      });
      const members = ["idempotency_key", "correlation_id", "operation", "caller"];
      expect(Object.keys(logged)).toEqual(expect.arrayContaining(members));
    }
  });
});

function named(id: string) {
  return { headers: { "X-Correlation-ID": id } };
}

/** All lines with this correlation id, once there are so many. Another line must not come after them. */
async function linesOf(id: string, count: number) {
  const lines = () => api.server.logs.filter((line) => line.correlation_id === id);
  await eventually(() => lines().length >= count);
  return lines();
}

const took = { duration_ms: expect.any(Number) };

function line(key: string, id: string, members: Record<string, unknown>) {
  const about = {
    idempotency_key: key,
    correlation_id: id,
    operation: "create_resource",
    caller: "anonymous",
  };
  return { timestamp: expect.any(String), ...about, ...members };
}
