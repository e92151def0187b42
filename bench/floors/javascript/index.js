// The least that a Worker does that calls an object, stores and inserts: what the platform itself costs.
//
// The path says how much of it, the idempotency key which object. Paths with a second word do one thing more that this
// service has to do as well, so that what it costs can be told.

import { DurableObject } from "cloudflare:workers";

const ANSWER = new TextEncoder().encode(JSON.stringify({ made: "x".repeat(200) }));
const INIT = { status: 201, headers: { "Content-Type": "application/json" } };
const INSERT = "INSERT INTO effects (id, content, created_at) VALUES (?, ?, ?)";
const INSERT_RESOURCE = `INSERT INTO resources
  (operation_id, caller, id, name, description, metadata, created_at, idempotency_key)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (operation_id) DO UPDATE SET operation_id = excluded.operation_id
  RETURNING id, name, description, metadata, created_at, idempotency_key`;
/** About as long as a record. */
const RECORD = new Uint8Array(600);
/** About as long as a line of the log, a field and a key. A first request has three lines, any other has one. */
const LINE = JSON.stringify({ message: "x".repeat(320) });
const VALUE = "x".repeat(36);
const FIELDS = 14;
const ANSWERED_FIELDS = 9;
const COPIED = new Set(["/F5", "/F5-told"]);

export default {
  async fetch(request, env, context) {
    const path = new URL(request.url).pathname;
    if (path === "/G1") return fetch(new Request(env.API, request));
    if (path.endsWith("-fields")) return fields(request, path, env);
    const body = await request.arrayBuffer();
    if (path === "/F1-log" || path.endsWith("-told")) console.log(LINE);
    if (path.startsWith("/F1")) return new Response(ANSWER, INIT);
    const name = request.headers.get("X-Idempotency-Key");
    const asked = path === "/G3" ? { method: "POST", body } : {};
    const response = await env.COORDINATOR.getByName(name).fetch(`https://object${path}`, asked);
    const answer = await response.arrayBuffer();
    if (COPIED.has(path)) context.waitUntil(env.REPLAYS.put(name, RECORD, { expirationTtl: 86_400 }));
    return new Response(answer, INIT);
  },
};

/**
 * Reads as many header fields as this service does, answers with as many, and sets the content a deadline. If the path says
 * so, it logs a line, and calls an object that is there.
 */
async function fields(request, path, env) {
  let timer;
  const late = new Promise((resolve) => (timer = setTimeout(resolve, 10_000)));
  await Promise.race([request.arrayBuffer(), late]);
  clearTimeout(timer);
  for (let field = 0; field < FIELDS; field++) request.headers.get(`X-Field-${field}`);
  let answer = ANSWER;
  if (path.startsWith("/F2")) {
    const name = request.headers.get("X-Idempotency-Key");
    const response = await env.COORDINATOR.getByName(name).fetch("https://object/F2");
    answer = new Uint8Array(await response.arrayBuffer());
  }
  if (path.includes("-line-")) console.log(LINE);
  const headers = new Headers();
  for (let field = 0; field < ANSWERED_FIELDS; field++) headers.append(`X-Field-${field}`, VALUE);
  return new Response(answer.slice(), { status: 201, headers });
}

export class Coordinator extends DurableObject {
  async fetch(request) {
    const path = new URL(request.url).pathname;
    if (path === "/F2") return new Response(ANSWER);
    const { storage } = this.ctx;
    const isTold = path.endsWith("-told");
    storage.kv.put("record", RECORD);
    storage.setAlarm(Date.now() + 86_400_000);
    if (isTold) console.log(LINE);
    if (path === "/G3") return this.forward(await request.arrayBuffer());
    if (path === "/F4-row" || isTold) await this.resource();
    else if (path !== "/F3")
      await this.env.DB.prepare(INSERT).bind(crypto.randomUUID(), "{}", Date.now()).run();
    storage.kv.put("record", RECORD);
    if (isTold) console.log(LINE);
    return new Response(ANSWER);
  }

  /** Asks the API, and stores its answer. */
  async forward(body) {
    const response = await fetch(this.env.API, { method: "POST", body });
    const answer = new Uint8Array(await response.arrayBuffer());
    this.ctx.storage.kv.put("record", RECORD);
    return new Response(answer);
  }

  /** The row of a resource: eight columns, two indexes, and six columns that come back. */
  resource() {
    const ids = [crypto.randomUUID(), "x".repeat(64), crypto.randomUUID()];
    const values = [...ids, "Lathe", null, "{}", Date.now(), VALUE];
    return this.env.DB.prepare(INSERT_RESOURCE)
      .bind(...values)
      .all();
  }

  async alarm() {
    await this.ctx.storage.deleteAll();
  }
}
