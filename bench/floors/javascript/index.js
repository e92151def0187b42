// The least that a Worker does that calls an object, stores and inserts: what the platform itself costs.
//
// The path says how much of it, the idempotency key which object.

import { DurableObject } from "cloudflare:workers";

const ANSWER = new TextEncoder().encode(JSON.stringify({ made: "x".repeat(200) }));
const INIT = { status: 201, headers: { "Content-Type": "application/json" } };
const INSERT = "INSERT INTO effects (id, content, created_at) VALUES (?, ?, ?)";
/** About as long as a record. */
const RECORD = new Uint8Array(600);

export default {
  async fetch(request, env, context) {
    await request.arrayBuffer();
    const path = new URL(request.url).pathname;
    if (path === "/F1") return new Response(ANSWER, INIT);
    const name = request.headers.get("X-Idempotency-Key");
    const response = await env.COORDINATOR.getByName(name).fetch(`https://object${path}`);
    const answer = await response.arrayBuffer();
    if (path === "/F5") context.waitUntil(env.REPLAYS.put(name, RECORD, { expirationTtl: 86_400 }));
    return new Response(answer, INIT);
  },
};

export class Coordinator extends DurableObject {
  async fetch(request) {
    const path = new URL(request.url).pathname;
    if (path === "/F2") return new Response(ANSWER);
    const { storage } = this.ctx;
    storage.kv.put("record", RECORD);
    storage.setAlarm(Date.now() + 86_400_000);
    if (path === "/F4" || path === "/F5")
      await this.env.DB.prepare(INSERT).bind(crypto.randomUUID(), "{}", Date.now()).run();
    storage.kv.put("record", RECORD);
    return new Response(ANSWER);
  }

  async alarm() {
    await this.ctx.storage.deleteAll();
  }
}
