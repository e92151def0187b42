// J: what this service does for a keyed request, as a good engineer writes it in plain JavaScript in an afternoon. The same
// fields, rows, copies and lines of the log; no proofs, no limits on what is sent, no deadlines, no counts, and nothing for
// the case that something fails on the way. It is here to be measured, not to be used.

import { DurableObject } from "cloudflare:workers";

const UUID_V4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i;
const DAY_MS = 86_400_000;
/** How many copies an isolate keeps. */
const MAX_COPIES = 10_000;
/** The fields of a request that mean something. */
const FIELDS = [
  ...[
    "Authorization",
    "Idempotency-Key",
    "X-Idempotency-Key",
    "X-Correlation-ID",
    "Prefer",
    "X-Fault",
    "Origin",
  ],
  ...["Content-Type", "Content-Encoding", "Content-Length", "User-Agent", "CF-Connecting-IP", "Accept"],
  "Access-Control-Request-Method",
];

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Completed answers, the oldest first. */
const copies = new Map();
/** Digests of credentials. */
const callers = new Map();

const isText = (value, most) => typeof value === "string" && value.length >= 1 && value.length <= most;

const OPERATIONS = {
  "/api/v1/operations/resources": {
    name: "create_resource",
    isValid: ({ name, description }) =>
      isText(name, 100) && (description === undefined || isText(description, 500)),
    sql: `INSERT INTO resources
      (operation_id, caller, id, name, description, metadata, created_at, idempotency_key)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (operation_id) DO UPDATE SET operation_id = excluded.operation_id
      RETURNING id, name, description, metadata, created_at, idempotency_key`,
    values: ({ name, description, metadata }, { key, now }) => [
      ...[crypto.randomUUID(), name, description ?? null, JSON.stringify(metadata ?? {})],
      ...[now, key],
    ],
    output: ({ metadata, created_at, ...row }) => ({
      ...row,
      metadata: JSON.parse(metadata),
      created_at: new Date(created_at).toISOString(),
    }),
    isReadable: true,
  },
  "/api/v1/operations/transactions": {
    name: "create_transaction",
    isValid: ({ amount, currency, description }) =>
      amount > 0 && isText(currency, 3) && isText(description, 500),
    sql: `INSERT INTO transactions
      (operation_id, caller, id, amount, currency, description, status, created_at, idempotency_key)
      VALUES (?, ?, ?, ?, ?, ?, 'completed', ?, ?)
      ON CONFLICT (operation_id) DO UPDATE SET operation_id = excluded.operation_id
      RETURNING id, amount, currency, description, status, created_at, idempotency_key`,
    values: ({ amount, currency, description }, { key, now }) => [
      ...[`txn_${crypto.randomUUID().slice(0, 8)}`, String(amount), currency, description, now, key],
    ],
    output: ({ amount, created_at, ...row }) => ({
      ...row,
      amount: Number(amount),
      created_at: new Date(created_at).toISOString(),
    }),
    isReadable: true,
  },
  "/api/audit/log": {
    name: "create_audit_log",
    isValid: ({ user_id, action }) => isText(user_id, 500) && isText(action, 50),
    sql: `INSERT INTO audit_log
      (operation_id, caller, id, timestamp, timestamp_us, correlation_id, user_id, action, details, ip_address, user_agent,
       received_at, remote_address, request_correlation_id)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (operation_id) DO UPDATE SET operation_id = excluded.operation_id
      RETURNING id, timestamp, correlation_id, user_id, action, details, ip_address, user_agent`,
    values: ({ id, user_id, action, details }, { now, correlationId, address, agent }) => [
      ...[id ?? crypto.randomUUID(), new Date(now).toISOString(), now * 1000, correlationId, user_id, action],
      ...[JSON.stringify(details ?? {}), address, agent, now, address, correlationId],
    ],
    output: ({ details, ...row }) => ({ ...row, details: JSON.parse(details) }),
  },
  "/orders": { name: "orders", isValid: () => true },
};

export default {
  async fetch(request, env, context) {
    const { pathname, search } = new URL(request.url);
    if (request.method === "GET") return look(request, pathname, env);
    const operation = OPERATIONS[pathname];
    const arrivedAt = Date.now();
    const fields = Object.fromEntries(FIELDS.map((name) => [name, request.headers.get(name)]));
    const correlationId = fields["X-Correlation-ID"] ?? crypto.randomUUID();
    const field = fields["Idempotency-Key"] ?? fields["X-Idempotency-Key"];
    if (field === null && pathname === "/orders") return fetch(new Request(env.API, request));
    const told = { correlation_id: correlationId, operation: operation.name };
    const refuse = (status, slug, message) => {
      log("warning", message, { ...told, problem: slug, status, duration_ms: Date.now() - arrivedAt });
      return problem(status, slug, message, correlationId);
    };
    if (field === null) return refuse(400, "idempotency-key-missing", "The key is missing");
    const key = field.toLowerCase();
    if (!UUID_V4.test(key)) return refuse(400, "idempotency-key-invalid", "The key is invalid");
    told.idempotency_key = key;
    const content = decoder.decode(await request.arrayBuffer());
    let input;
    try {
      input = JSON.parse(content);
    } catch {
      return refuse(400, "malformed-json", "The content is not JSON");
    }
    if (!operation.isValid(input)) return refuse(422, "validation-failed", "The content is not valid");
    const fingerprint = await digest(
      `${request.method}\n${pathname}${search}\n${JSON.stringify(sorted(input))}`,
    );
    const caller = await callerOf(fields.Authorization);
    const name = `${caller}:${key}`;

    const copy = copies.get(name);
    if (copy !== undefined && copy.expires > arrivedAt) {
      if (copy.fingerprint !== fingerprint)
        return refuse(400, "request-mismatch", "The key is another request's");
      const took = { source: "memory", duration_ms: Date.now() - arrivedAt };
      log("info", "Returning cached result", { ...told, ...took });
      return respond(copy, key, correlationId, true);
    }
    const [address, agent] = [fields["CF-Connecting-IP"], fields["User-Agent"]];
    const sent = operation.sql === undefined ? { content } : { input };
    const message = { path: pathname, fingerprint, caller, key, correlationId, address, agent, ...sent };
    const asked = { method: "POST", body: JSON.stringify({ ...message, fault: fields["X-Fault"] }) };
    const reply = await (await env.COORDINATOR.getByName(name).fetch("https://object/", asked)).json();
    if (reply.is === "mismatch") return refuse(400, "request-mismatch", "The key is another request's");
    if (reply.is === "in progress")
      return refuse(409, "operation-in-progress", "The first request is running");
    const { saved, isReplayed } = reply;
    if (env.FORGETFUL === undefined) keep(name, { ...saved, fingerprint });
    if (env.UNCOPIED === undefined && !isReplayed) {
      const copied = JSON.stringify({ ...saved, fingerprint });
      context.waitUntil(env.REPLAYS.put(name, copied, { expirationTtl: (saved.expires - arrivedAt) / 1000 }));
    }
    const took = { duration_ms: Date.now() - arrivedAt };
    if (isReplayed) log("info", "Returning cached result", { ...told, source: "object", ...took });
    else log("info", "Returning first result", { ...told, ...took });
    return respond(saved, key, correlationId, isReplayed);
  },
};

async function look(request, pathname, env) {
  const caller = await callerOf(request.headers.get("Authorization"));
  const name = `${caller}:${pathname.split("/").at(-1)}`;
  return env.COORDINATOR.getByName(name).fetch("https://object/");
}

function keep(name, saved) {
  copies.set(name, saved);
  if (copies.size > MAX_COPIES) copies.delete(copies.keys().next().value);
}

async function callerOf(authorization) {
  const credential = authorization ?? "anonymous";
  const known = callers.get(credential);
  if (known !== undefined) return known;
  const caller = await digest(credential);
  callers.set(credential, caller);
  if (callers.size > MAX_COPIES) callers.delete(callers.keys().next().value);
  return caller;
}

async function digest(text) {
  const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", encoder.encode(text)));
  return bytes.toHex();
}

function sorted(value) {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((name) => [name, sorted(value[name])]),
  );
}

function log(level, message, more) {
  console.log(JSON.stringify({ timestamp: new Date().toISOString(), level, message, ...more }));
}

function problem(status, slug, title, correlationId) {
  const type = `/problems/${slug}`;
  const content = { type, title, status, detail: title, correlation_id: correlationId, retryable: false };
  const headers = { "Content-Type": "application/problem+json", ...always(correlationId) };
  return new Response(JSON.stringify(content), { status, headers });
}

function respond({ status, headers, body, expires }, key, correlationId, isReplayed) {
  const own = {
    ...Object.fromEntries(headers),
    "X-Idempotency-Key": key,
    "X-Idempotency-Expires-At": new Date(expires).toISOString(),
    ...always(correlationId),
  };
  if (isReplayed) own["Idempotent-Replayed"] = "true";
  return new Response(body, { status, headers: own });
}

function always(correlationId) {
  return {
    "X-Correlation-ID": correlationId,
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
  };
}

export class Coordinator extends DurableObject {
  #isRunning = false;

  async fetch(request) {
    const { kv } = this.ctx.storage;
    if (request.method === "GET") return Response.json({ status: kv.get("record")?.status ?? null });
    const message = await request.json();
    const now = Date.now();
    let record = kv.get("record");
    if (record !== undefined && record.expires > now) {
      if (record.fingerprint !== message.fingerprint) return Response.json({ is: "mismatch" });
      if (record.status === "COMPLETED")
        return Response.json({ is: "completed", isReplayed: true, saved: record.saved });
      if (this.#isRunning) return Response.json({ is: "in progress" });
    } else {
      const { fingerprint } = message;
      record = { fingerprint, operation: crypto.randomUUID(), expires: now + DAY_MS, attempts: 0 };
    }
    const operation = OPERATIONS[message.path];
    const told = {
      idempotency_key: message.key,
      correlation_id: message.correlationId,
      operation: operation.name,
      attempt: ++record.attempts,
    };
    record.status = "PROCESSING";
    kv.put("record", record);
    this.ctx.storage.setAlarm(record.expires);
    this.#isRunning = true;
    log("info", "Starting idempotent operation", told);
    try {
      record.saved = {
        ...(await this.execute(operation, message, record.operation, now)),
        expires: record.expires,
      };
      record.status = "COMPLETED";
      kv.put("record", record);
      log("info", "Idempotent operation completed", { ...told, duration_ms: Date.now() - now });
      return Response.json({ is: "completed", isReplayed: false, saved: record.saved });
    } finally {
      this.#isRunning = false;
    }
  }

  async execute(operation, message, id, now) {
    const delay = /^delay=(\d+)$/.exec(message.fault ?? "");
    if (delay) await scheduler.wait(Number(delay[1]));
    if (operation.sql === undefined) {
      const headers = { "Content-Type": "application/json", "Idempotency-Key": message.key };
      const response = await fetch(this.env.API, { method: "POST", headers, body: message.content });
      return { status: response.status, headers: [...response.headers], body: await response.text() };
    }
    const values = [id, message.caller, ...operation.values(message.input, { ...message, now })];
    const { results } = await this.env.DB.prepare(operation.sql)
      .bind(...values)
      .all();
    const output = operation.output(results[0]);
    const location = operation.isReadable ? [["Location", `${message.path}/${output.id}`]] : [];
    return {
      status: 201,
      headers: [["Content-Type", "application/json"], ...location],
      body: JSON.stringify(output),
    };
  }

  async alarm() {
    await this.ctx.storage.deleteAll();
  }
}
