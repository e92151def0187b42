// The variables that a deployment sets: what they change, and that a wrong one is refused by its name.

import { describe, expect, onTestFinished, test } from "vitest";
import { AUDIT_LOG, Client, eventually, expiryOf, newKey } from "../harness/client.ts";
import { copyName } from "../harness/objects.ts";
import { startServer, type Variables } from "../harness/server.ts";

describe("a wrong variable", () => {
  test.each<[string, Variables[string]]>([
    ["IDEMPOTENCY_TTL_SECONDS", "soon"],
    ["IDEMPOTENCY_TTL_SECONDS", "0"],
    ["AUDIT_TTL_SECONDS", "-1"],
    ["AUDIT_TTL_SECONDS", "1.5"],
    ["ATTEMPT_DEADLINE_SECONDS", "0"],
    ["MAX_CONTENT_BYTES", "1023"],
    ["MAX_CONTENT_BYTES", "256 KiB"],
    ["CORS_ALLOWED_ORIGINS", "shop.example"],
    ["CORS_ALLOWED_ORIGINS", "https://shop.example/"],
    ["CORS_ALLOWED_ORIGINS", "https://a.example,,https://b.example"],
    ["CORS_ALLOWED_ORIGINS", ["https://shop.example"]],
    ["CORS_ALLOWED_ORIGINS", "https://shop.example:*"],
    ["CORS_ALLOWED_ORIGINS", "*"],
    ["CORS_ALLOWED_ORIGINS", "http://*"],
    ["CORS_ALLOWED_ORIGINS", "http://localhost:30*"],
    ["CORS_ALLOWED_HEADERS", "*"],
    ["CORS_ALLOWED_HEADERS", "X-Team,,X-Tenant"],
    ["CORS_ALLOWED_HEADERS", "X-Team: red"],
    ["FAULT_INJECTION", "yes"],
    ["FAULT_INJECTION", true],
    ["START_PAGE", "yes"],
    ["REPLAY_COPIES", "Retried"],
    ["REPLAY_COPIES", true],
    ["AUDIT_TTL_SECONDS", null],
    ["OPERATION_STORE", "D1"],
    ["OPERATION_STORE", "postgres"],
    ["OPERATION_STORE", null],
    // Of bundles that are built for it.
    ["OPERATION_DATABASES", "DB"],
  ])("is refused by its name: %s=%j", async (name, value) => {
    const api = await serveWith({ [name]: value });
    const key = newKey();

    const answers = [await api.create(key), await api.call("/health"), await api.status(key)];

    for (const answer of answers) {
      expect(answer.status).toBe(503);
      expect(answer.json).toMatchObject({ type: "/problems/service-unavailable" });
      expect(answer.json.detail).toContain(name);
      expect(answer.headers.get("Retry-After")).toMatch(/^[1-9]\d*$/);
    }
    expect(await api.rows(key)).toHaveLength(0);
    const [line] = await api.logged({ level: "error", message: "Service needs attention" });
    expect(line!.reason).toContain(name);
  });
});

describe("a variable at the end of its range", () => {
  test("is taken", async () => {
    const api = await serveWith({
      IDEMPOTENCY_TTL_SECONDS: "31536000",
      AUDIT_TTL_SECONDS: "1",
      ATTEMPT_DEADLINE_SECONDS: "25",
      MAX_CONTENT_BYTES: "1048576",
      CORS_ALLOWED_ORIGINS: "https://a.example, http://localhost:3000",
      FAULT_INJECTION: "off",
    });

    expect((await api.create(newKey())).status).toBe(201);
  });
});

describe("an empty variable", () => {
  test("has its default", async () => {
    const api = await serveWith({
      IDEMPOTENCY_TTL_SECONDS: "",
      CORS_ALLOWED_ORIGINS: "",
      FAULT_INJECTION: "",
    });
    const started = Date.now();

    const answer = await api.create(newKey(), { fault: "fail-before" });

    expect(answer.status).toBe(201);
    const expiresAt = Date.parse(answer.headers.get("X-Idempotency-Expires-At")!);
    expect(expiresAt - started).toBeGreaterThanOrEqual(86_400_000);
  });
});

describe("a variable that is a number", () => {
  test("counts as if it were text", async () => {
    const api = await serveWith({ IDEMPOTENCY_TTL_SECONDS: 600 });
    const started = Date.now();

    const answer = await api.create(newKey());

    const expiresAt = Date.parse(answer.headers.get("X-Idempotency-Expires-At")!);
    expect(expiresAt).toBeGreaterThanOrEqual(started + 600_000);
    expect(expiresAt).toBeLessThanOrEqual(Date.now() + 600_000);
  });
});

describe("FAULT_INJECTION", () => {
  test.each([
    ["absent", {}],
    ["off", { FAULT_INJECTION: "off" }],
  ])("that is %s makes X-Fault a field like any other", async (_, vars) => {
    const api = await serveWith(vars);
    const faults = ["fail-before", "abort-after", "panic", "delay=30000", "nonsense"];

    const answers = await Promise.all(faults.map((fault) => api.create(newKey(), { fault })));

    expect(answers.map(({ status }) => status)).toEqual(faults.map(() => 201));
  });

  test("that is on lets several faults come one after the other", async () => {
    const api = await serveWith({ FAULT_INJECTION: "on" });
    const key = newKey();
    const failing = api.create(key, { fault: "delay=1000, fail-before" });

    await api.isRunning(key);

    expect((await failing).status).toBe(503);
    expect(await api.rows(key)).toHaveLength(0);
  });
});

describe("the lifetimes", () => {
  test("are set for audit entries and for the rest apart", async () => {
    const api = await serveWith({ IDEMPOTENCY_TTL_SECONDS: "600", AUDIT_TTL_SECONDS: "2" });
    const [key, auditKey] = [newKey(), newKey()];
    const resource = await api.create(key);
    const entry = await api.post(AUDIT_LOG, auditKey);
    await expiryOf(entry);

    const retry = await api.create(key);
    const again = await api.post(AUDIT_LOG, auditKey);

    expect(retry.text).toBe(resource.text);
    expect(again.json.id).not.toBe(entry.json.id);
    expect(again.headers.has("Idempotent-Replayed")).toBe(false);
  });
});

describe("MAX_CONTENT_BYTES", () => {
  test("is how long a content may be", async () => {
    const api = await serveWith({ MAX_CONTENT_BYTES: 2000 });
    const sized = (bytes: number) => ({ payload: '{"name":"n"}'.padEnd(bytes) });

    const [taken, refused] = [
      await api.create(newKey(), sized(2000)),
      await api.create(newKey(), sized(2001)),
    ];

    expect(taken.status).toBe(201);
    expect(refused.status).toBe(413);
    expect(refused.json.detail).toContain("2000");
  });
});

describe("REPLAY_COPIES", () => {
  test("with a wrong value is refused with the three that it may have", async () => {
    const api = await serveWith({ REPLAY_COPIES: "retry" });

    const refused = await api.create(newKey());

    expect(refused.json.detail).toContain("REPLAY_COPIES must be on, retried or off");
  });

  test("off copies nothing into KV and looks for nothing there", async () => {
    const api = await serveWith({ REPLAY_COPIES: "off", FAULT_INJECTION: "on" });
    const [key, lost] = [newKey(), newKey()];
    const kv = await api.server.kv();
    await kv.put(copyName(lost), "damaged");

    await api.create(key);
    await api.create(key, { as: "ann", fault: "delay=1500" });
    const unreachable = await api.create(lost, { fault: "abort-before" });
    await api.create(key);

    expect(unreachable.status).toBe(503);
    expect((await kv.list()).keys.map(({ name }) => name)).toEqual([copyName(lost)]);
    expect(api.server.logs.filter(({ message }) => message === "Replay copy failed")).toEqual([]);
  });
});

describe("OPERATION_STORE", () => {
  test("with a store that the bundle has not is refused, and says where to read how it comes to have it", async () => {
    const api = await serveWith({ OPERATION_STORE: "postgres" });

    const refused = await api.create(newKey());

    expect(refused.json.detail).toMatch(/OPERATION_STORE must be d1, or .*docs\/stores\.md/);
  });

  test("may say what it is without it", async () => {
    const api = await serveWith({ OPERATION_STORE: "d1" });
    const key = newKey();

    await api.create(key);

    expect(await api.rows(key)).toHaveLength(1);
  });
});

describe("REPLAY_MEMORY_BYTES", () => {
  test("0 keeps no answers in memory", async () => {
    const api = await serveWith({ REPLAY_MEMORY_BYTES: 0 });
    const key = newKey();
    await api.create(key);

    await api.create(key);

    const [line] = await api.logged({ message: "Returning cached result" });
    expect(line!.source).toBe("object");
  });
});

describe("LOG_LEVEL", () => {
  test("leaves out what matters less, and counts it all the same", async () => {
    const api = await serveWith({ LOG_LEVEL: "warning" });
    const key = newKey();
    await api.create(key);

    await api.create(key, { payload: { name: "another" } });

    const [line] = await api.logged({ message: "Idempotency key already used with different request" });
    expect(api.server.logs).toEqual([line]);
    await eventually(async () =>
      (await api.call("/metrics")).text.includes('operation="create_resource",outcome="executed"'),
    );
  });
});

describe("ATTEMPT_DEADLINE_SECONDS", () => {
  test("gives a slow attempt up, and the request can be repeated", async () => {
    const api = await serveWith({ ATTEMPT_DEADLINE_SECONDS: "1", FAULT_INJECTION: "on" });
    const key = newKey();
    const first = api.create(key, { fault: "delay=30000" });
    await api.isRunning(key);

    const waiting = await api.create(key, { wait: 30 });

    expect((await first).json).toMatchObject({ type: "/problems/operation-failed", retryable: true });
    expect(waiting.status).toBe(201);
    expect((await api.status(key)).json).toMatchObject({ status: "COMPLETED", attempts: 2 });
    expect(await api.rows(key)).toHaveLength(1);
  });
});

/** A server of the test's own, with these variables and no others. */
async function serveWith(vars: Variables): Promise<Client> {
  const client = new Client();
  client.server = await startServer(vars);
  onTestFinished(() => client.server.stop());
  return client;
}
