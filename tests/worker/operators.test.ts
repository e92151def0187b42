// What operators see: who may, and that it comes by itself.

import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { Client, eventually, newKey } from "../harness/client.ts";
import { startServer, type Variables } from "../harness/server.ts";
import { stall, type Stalled } from "../harness/stalled.ts";
import { makeToken } from "../harness/tokens.ts";

const VIEWS = ["/metrics", "/dashboard", "/dashboard/page.js", "/dashboard/live", "/api/v1/alerts"];

const shop = makeToken("shop");
const operator = makeToken("ops", "operator");

describe("operators' views", () => {
  const api = new Client();
  beforeAll(async () => {
    const tokens = JSON.stringify([shop.stored, operator.stored]);
    api.server = await startServer({ AUTH: "on", API_TOKENS: tokens });
  });
  afterAll(() => api.server.stop());

  test.each(VIEWS)("are closed to all but operators: %s", async (path) => {
    const anonymous = await api.call(path);
    const client = await api.call(path, { as: shop.token });

    expect(anonymous.status).toBe(401);
    expect(anonymous.headers.get("WWW-Authenticate")).toMatch(/^Basic realm=.*, Bearer realm=/);
    expect(client.status).toBe(403);
    expect(client.json.type).toBe("/problems/forbidden");
  });

  test.each(["/metrics", "/dashboard", "/api/v1/alerts"])(
    "are open to an operator, with a bearer token or as a browser's password: %s",
    async (path) => {
      const Authorization = `Basic ${btoa(`anything:${operator.token}`)}`;

      expect((await api.call(path, { as: operator.token })).status).toBe(200);
      expect((await api.call(path, { headers: { Authorization } })).status).toBe(200);
    },
  );

  test("are closed where there is no operator's token", async () => {
    const closed = await serveWith({ AUTH: "on", API_TOKENS: JSON.stringify([shop.stored]) });

    for (const path of VIEWS) expect((await closed.call(path, { as: shop.token })).status).toBe(403);
  });

  test("do not let another site's page listen with the operator's credentials", async () => {
    const Authorization = `Bearer ${operator.token}`;

    const foreign = await firstMessage(api, { Authorization, Origin: "https://evil.example" });
    const own = await firstMessage(api, { Authorization, Origin: api.server.address.origin });

    expect(foreign).toBeUndefined();
    expect(own).toMatchObject({ type: "snapshot" });
  });

  test("say that a WebSocket is needed where one is", async () => {
    const answer = await api.call("/dashboard/live", { as: operator.token });

    expect(answer.status).toBe(426);
    expect(answer.json).toMatchObject({ type: "/problems/upgrade-required", retryable: false });
  });
});

describe("a dashboard", () => {
  test("is told what there is, and then what happens", async () => {
    const api = await serveWith({});
    const key = newKey();
    await api.create(key, { as: "ann" });
    const messages = await listen(api);
    await eventually(() => messages.length > 0);

    await api.create(key, { as: "ann" });
    await eventually(() => messages.some(({ type }) => type === "batch"));

    expect(messages[0]).toMatchObject({ type: "snapshot", alerts: [] });
    const events = messages.flatMap(({ batch, events }) => batch?.events ?? events ?? []);
    expect(events.find(({ outcome }) => outcome === "replayed")).toMatchObject({
      level: "info",
      message: "Returning cached result",
      detail: "memory",
      operation: "create_resource",
      idempotency_key: key,
      caller: "ann",
    });
  });

  test("is told by the hub what other objects have counted", async () => {
    const api = await serveWith({ TELEMETRY_OBJECTS: "4" });
    const messages = await listen(api);
    await eventually(() => messages.length > 0);
    const keys = Array.from({ length: 6 }, newKey);

    for (const key of keys) {
      await api.create(key);
      const isShown = () =>
        messages.some(({ batch }) =>
          batch?.events.some(
            ({ idempotency_key, outcome }) => idempotency_key === key && outcome === "executed",
          ),
        );
      await eventually(isShown);
    }
  });
});

describe("an alert", () => {
  const RULES = { window_s: 4, min_requests: 5, mismatch_share: 0.2 };

  test("is raised with its reason, told to the webhook, and cleared when it is over", async () => {
    const webhook = await listenAsWebhook();
    const api = await serveWith({ ALERT_RULES: JSON.stringify(RULES), ALERT_WEBHOOK_URL: webhook.url });
    const messages = await listen(api);
    const key = newKey();

    for (let request = 0; request < 8; request++) await api.create(key, { payload: { name: `${request}` } });

    const alerts = async () => (await api.call("/api/v1/alerts")).json;
    await eventually(async () => (await alerts()).alerts.length > 0);
    const raised = await alerts();
    expect(raised.rules).toMatchObject(RULES);
    expect(raised.alerts[0]).toMatchObject({ rule: "mismatch_share", threshold: 0.2 });
    expect(raised.alerts[0].why).toContain("used a key of another request");
    await eventually(() => messages.some(({ alerts }) => alerts!.length > 0));
    await eventually(async () => (await alerts()).alerts.length === 0);
    await eventually(() => messages.at(-1)!.alerts!.length === 0);
    await eventually(() => webhook.told.length === 2);
    expect(webhook.told.map(({ content }) => content.event)).toEqual(["alert.raised", "alert.cleared"]);
    const keys = webhook.told.map(({ headers }) => headers["idempotency-key"]);
    expect(new Set(keys).size).toBe(2);
    for (const key of keys) expect(key).toMatch(/^"[0-9a-f-]{36}"$/);
  });

  test("is told again, with the same key, to a webhook that was away", async () => {
    const webhook = await listenAsWebhook(1);
    const rules = JSON.stringify({ ...RULES, window_s: 1, failure_share: 0.1 });
    const api = await serveWith({
      FAULT_INJECTION: "on",
      ALERT_RULES: rules,
      ALERT_WEBHOOK_URL: webhook.url,
    });

    await Promise.all(Array.from({ length: 8 }, () => api.create(newKey(), { fault: "fail-before" })));

    await eventually(() => webhook.told.length >= 2);
    const [first, second] = webhook.told;
    expect(second!.headers["idempotency-key"]).toBe(first!.headers["idempotency-key"]);
    expect(second!.content).toEqual(first!.content);
  });

  test("is told again after a crash while it was told", async () => {
    const webhook = await listenAsWebhook(0, 1);
    const rules = JSON.stringify({ ...RULES, failure_share: 0.1 });
    const api = await serveWith({
      FAULT_INJECTION: "on",
      ALERT_RULES: rules,
      ALERT_WEBHOOK_URL: webhook.url,
    });
    await Promise.all(Array.from({ length: 8 }, () => api.create(newKey(), { fault: "fail-before" })));
    await eventually(() => webhook.told.length === 1);

    await api.server.kill();

    await eventually(() => webhook.told.length >= 2);
    const [first, second] = webhook.told;
    expect(second!.headers["idempotency-key"]).toBe(first!.headers["idempotency-key"]);
  });

  test.each<Stalled>(["silent", "unfinished", "endless"])(
    "is told to a webhook that is %s, which is hung up on and keeps nobody waiting",
    async (stalled) => {
      const webhook = await listenAsWebhook(0, 0, stalled);
      const rules = JSON.stringify({ ...RULES, failure_share: 0.1 });
      const api = await serveWith({
        FAULT_INJECTION: "on",
        ALERT_RULES: rules,
        ALERT_WEBHOOK_URL: webhook.url,
      });
      await Promise.all(Array.from({ length: 8 }, () => api.create(newKey(), { fault: "fail-before" })));
      await eventually(() => webhook.told.length > 0);

      await eventually(() => webhook.hungUp > 0);

      expect(api.server.logs.filter(({ message }) => message === "Counts lost")).toEqual([]);
      const failures = api.server.logs.filter(({ message }) => message === "Webhook failed");
      if (stalled !== "silent") expect(failures).toEqual([]);
    },
  );

  test("of keys that are stuck is raised while nothing else happens", async () => {
    const rules = JSON.stringify({ ...RULES, window_s: 2, stuck_keys: 2 });
    const api = await serveWith({ FAULT_INJECTION: "on", ALERT_RULES: rules });

    await Promise.all(Array.from({ length: 4 }, () => api.create(newKey(), { fault: "abort-before" })));

    await eventually(async () => {
      const { alerts } = (await api.call("/api/v1/alerts")).json;
      return alerts.some(
        ({ rule, value }: { rule: string; value: number }) => rule === "stuck_keys" && value === 4,
      );
    });
  });
});

interface Message {
  type: string;
  alerts?: unknown[];
  events?: Seen[];
  batch?: { events: Seen[] };
}
type Seen = Record<string, unknown>;

/** What a dashboard is told from now on. */
async function listen(api: Client, headers: Record<string, string> = {}): Promise<Message[]> {
  const messages: Message[] = [];
  const socket = open(api, headers);
  socket.onmessage = ({ data }) => messages.push(JSON.parse(data));
  await new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onerror = reject;
  });
  return messages;
}

/** The first thing that a connection is told, or nothing if there is none. */
function firstMessage(api: Client, headers: Record<string, string>): Promise<Message | undefined> {
  const socket = open(api, headers);
  return new Promise((resolve) => {
    socket.onmessage = ({ data }) => resolve(JSON.parse(data));
    socket.onerror = () => resolve(undefined);
  });
}

function open(api: Client, headers: Record<string, string>) {
  const url = new URL("/dashboard/live", api.server.address);
  url.protocol = "ws:";
  // Node.js takes header fields here, as no browser does.
  const socket = new WebSocket(url, { headers } as unknown as string[]);
  onTestFinished(() => socket.close());
  return socket;
}

/**
 * A webhook on this machine, which refuses the first `refusals` and never answers the first `silences`. One that is
 * `stalled` never ends what it answers.
 */
async function listenAsWebhook(refusals = 0, silences = 0, stalled?: Stalled) {
  const told: { headers: IncomingHttpHeaders; content: any }[] = [];
  const webhook = { told, url: "", hungUp: 0 };
  const server = createServer(async (request, response) => {
    let text = "";
    for await (const chunk of request) text += chunk;
    told.push({ headers: request.headers, content: JSON.parse(text) });
    response.on("close", () => response.writableFinished || webhook.hungUp++);
    if (stalled !== undefined) stall(response, stalled);
    else if (told.length > silences) response.writeHead(told.length > refusals ? 204 : 500).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  webhook.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/alerts`;
  return webhook;
}

async function serveWith(vars: Variables) {
  const client = new Client();
  client.server = await startServer(vars);
  onTestFinished(() => client.server.stop());
  return client;
}
