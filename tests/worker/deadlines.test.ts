// What does not answer, or late: the database, the static assets, the objects that add up. Whoever asked is told so in time.

import { request } from "node:http";
import { afterEach, describe, expect, test } from "vitest";
import { AUDIT_LOGS, type Answer, eventually, newKey, RESOURCES, serve } from "../harness/client.ts";

const MONITORS = 16;
const api = serve({ TELEMETRY_OBJECTS: String(MONITORS) }, { around: "stalled.js" });

afterEach(() => api.call("/__stalled", { method: "DELETE" }));

describe.each<[string, string, string[]]>([
  ["the database", "D1", [`${RESOURCES}/${newKey()}`, AUDIT_LOGS]],
  ["the static assets", "assets", ["/docs", "/openapi.json", "/dashboard"]],
  ["one of many objects that add up", `monitor-${MONITORS - 1}`, ["/metrics"]],
  ["the object with the alerts", "monitor-0", ["/api/v1/alerts", "/dashboard/live"]],
])("where %s does not answer", (_, part, paths) => {
  test("the request is answered, may be sent again, and the log says why", async () => {
    await api.call(`/__stalled?part=${part}`, { method: "PUT" });

    const answers = await Promise.all(paths.map((path) => (path.endsWith("/live") ? open(path) : ask(path))));

    for (const { status, headers, json } of answers) {
      expect(status).toBe(503);
      expect(json).toMatchObject({ type: "/problems/service-unavailable", retryable: true });
      expect(headers.get("Retry-After")).toBe("1");
      const [line] = await api.logged({
        correlation_id: json.correlation_id,
        message: "Reading failed",
      });
      expect(line).toMatchObject({ level: "warning", reason: expect.stringMatching(/within \d+ ms/) });
    }
  });

  test("it is as before once it answers", async () => {
    const answers = await Promise.all(paths.filter((path) => !path.endsWith("/live")).map(ask));

    for (const { status } of answers) expect([200, 404]).toContain(status);
  });
});

describe("the metrics", () => {
  test("of many slow objects take no longer than those of one", async () => {
    const parts = Array.from({ length: MONITORS }, (_, number) => `part=monitor-${number}`);
    await api.call(`/__stalled?${parts.join("&")}&ms=1000`, { method: "PUT" });

    const answer = await ask("/metrics");

    expect(answer.status).toBe(200);
  });
});

describe("counts", () => {
  test("that cannot be handed over are lost, the log says so, and those after them are not", async () => {
    const parts = Array.from({ length: MONITORS }, (_, number) => `part=monitor-${number}`);
    const lost = () => api.server.logs.filter(({ message }) => message === "Counts lost");
    const before = lost().length;
    await api.call(`/__stalled?${parts.join("&")}`, { method: "PUT" });
    await api.create(newKey());
    await eventually(() => lost().length > before);
    await api.call("/__stalled", { method: "DELETE" });

    await api.create(newKey());

    const reason = expect.stringMatching(/within \d+ ms/);
    for (const line of lost()) expect(line).toMatchObject({ level: "warning", reason });
    await eventually(async () => /outcome="executed"\} [1-9]/.test((await ask("/metrics")).text));
  });
});

function ask(path: string): Promise<Answer> {
  return api.call(path);
}

/** Asks for a WebSocket, and reads the answer if there is none. */
function open(path: string): Promise<Answer> {
  const headers = {
    Connection: "Upgrade",
    Upgrade: "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
  };
  return new Promise((resolve, reject) => {
    const asked = request(new URL(path, api.server.address), { headers });
    asked.on("error", reject);
    asked.on("upgrade", () => reject(new Error("it was opened")));
    asked.on("response", async (response) => {
      let text = "";
      for await (const chunk of response) text += chunk;
      const fields = new Headers(response.headers as Record<string, string>);
      resolve({ status: response.statusCode!, headers: fields, text, json: JSON.parse(text) });
    });
    asked.end();
  });
}
