// A small server that does everything right, and that can be told to do one thing wrong: it shows that the suite has
// teeth. Everything is in memory, in one process.

import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as passed } from "node:timers/promises";
import type { Profile } from "./profile.ts";

export type Breakage =
  | "no idempotency"
  | "check and set are two steps"
  | "payloads are not compared"
  | "numbers are compared as doubles"
  | "a crash makes it run again"
  | "a failure leaves the key locked"
  | "callers share keys"
  | "replays extend the lifetime"
  | "replays are made anew"
  | "failures are not told from answers"
  | "attempts are not given up"
  | "late attempts settle";

interface Record {
  operationId: string;
  print: string;
  /** Which attempt is running, if any, and until when others wait for it. */
  running?: number;
  attempts: number;
  deadline: number;
  answer?: string;
  expiresAt: number;
}

/** Longer than a case takes that does not wait for it, and than the key of a crashed attempt may stay stuck. */
const TTL_MS = 10_500;

/** After this time an attempt's place may be taken. Longer than the attempts of cases that are not about it. */
const DEADLINE_MS = 4500;

export async function startReference(breakage?: Breakage): Promise<{ url: URL; stop(): void }> {
  const records = new Map<string, Record>();
  const effects = new Map<string, { caller: string; tag: string }>();

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method, url = "" } = request;
    const caller = request.headers.authorization ?? "nobody";
    const [path, query] = url.split("?");
    if (path === "/health") return say(response, 200, "{}");
    if (path === "/effects") {
      const tag = new URLSearchParams(query).get("tag");
      const mine = [...effects.values()].filter((effect) => effect.tag === tag && effect.caller === caller);
      return say(response, 200, JSON.stringify(mine));
    }
    if (method !== "POST") return say(response, 405, "{}");
    const body = await text(request);
    const lines = request.headersDistinct["idempotency-key"] ?? [];
    const key = lines[0] ?? "";
    if (
      lines.length !== 1 ||
      !/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i.test(key)
    )
      return say(response, 400, "{}", DOCUMENTED);
    if (typeof JSON.parse(body)?.tag !== "string") return say(response, 400, "{}");
    await keyed(request, response, caller, key, body);
  }

  async function keyed(
    request: IncomingMessage,
    response: ServerResponse,
    caller: string,
    key: string,
    body: string,
  ) {
    const is = (other: Breakage) => breakage === other;
    const print = `${request.url} ${is("numbers are compared as doubles") ? JSON.stringify(JSON.parse(body)) : body}`;
    const scope = is("callers share keys") ? key : `${caller} ${key}`;
    const found = is("no idempotency") ? undefined : live(records.get(scope));
    if (is("check and set are two steps")) await passed(100);

    if (found && found.print !== print && !is("payloads are not compared")) return say(response, 422, "{}");
    if (found?.answer) {
      if (is("replays extend the lifetime")) found.expiresAt = Date.now() + TTL_MS;
      const saved = is("replays are made anew")
        ? found.answer.replace(/"at":\d+/, `"at":${Date.now()}`)
        : found.answer;
      return say(response, 201, saved, { "Idempotent-Replayed": "true", ...told(found) });
    }
    if (found?.running && Date.now() < found.deadline)
      return say(response, 409, "{}", { "Retry-After": "1" });

    const fresh = { operationId: randomUUID(), print, attempts: 0, expiresAt: Date.now() + TTL_MS };
    const record: Record = Object.assign(found ?? fresh, { deadline: Date.now() + DEADLINE_MS });
    record.running = record.attempts += 1;
    records.set(scope, record);
    if (is("a crash makes it run again")) record.operationId = randomUUID();
    await attempt(request, response, record, caller, body);
    if (is("a failure leaves the key locked") && !record.answer)
      Object.assign(record, { running: record.attempts, deadline: Infinity });
  }

  async function attempt(
    request: IncomingMessage,
    response: ServerResponse,
    record: Record,
    caller: string,
    body: string,
  ) {
    const fault = String(request.headers["x-fault"] ?? "");
    const { operationId, running: number } = record;
    const delay = Number(/delay=(\d+)/.exec(fault)?.[1] ?? 0);
    const isGivenUp =
      delay > DEADLINE_MS && !/overrun/.test(fault) && breakage !== "attempts are not given up";
    await passed(isGivenUp ? DEADLINE_MS : delay);
    const { tag } = JSON.parse(body);
    if (!isGivenUp && !/before/.test(fault)) effects.set(operationId, { caller, tag });
    if (record.running !== number && breakage !== "late attempts settle") return say(response, 500, "{}");
    delete record.running;
    if (/crash/.test(fault)) return void response.destroy();
    const failed = isGivenUp || /fail/.test(fault);
    const saved = failed ? "{}" : JSON.stringify({ id: operationId, at: Date.now(), caller });
    if (!failed || breakage === "failures are not told from answers") record.answer = saved;
    say(response, failed ? 500 : 201, saved, told(record));
  }

  const server = createServer((request, response) => {
    answer(request, response).catch(() => say(response, 400, "{}"));
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const { port } = server.address() as AddressInfo;
  return { url: new URL(`http://127.0.0.1:${port}`), stop: () => server.close() };
}

const DOCUMENTED = { Link: '</health>; rel="describedby"' };

const live = (record: Record | undefined) => (record && record.expiresAt > Date.now() ? record : undefined);

const told = ({ expiresAt }: Record) => ({ "X-Expires-At": new Date(expiresAt).toISOString() });

function say(
  response: ServerResponse,
  status: number,
  body: string,
  fields: { [name: string]: string } = {},
) {
  response.writeHead(status, { "Content-Type": "application/json", ...fields }).end(body);
}

async function text(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

export const REFERENCE_PROFILE: Profile = {
  name: "the reference server",
  ready: "/health",
  key: {
    field: "Idempotency-Key",
    form: "uuid-v4",
    spelling: "bare",
    minLength: 36,
    maxLength: 36,
    caseMatters: true,
    required: true,
  },
  routes: { main: { path: "/orders", payload: '{"tag":"$TAG","value":$VALUE}' } },
  effects: { list: "/effects?tag=$TAG" },
  callers: { first: [["Authorization", "Bearer a"]], second: [["Authorization", "Bearer b"]] },
  expects: {
    success: 201,
    keyMissing: 400,
    keyInvalid: 400,
    mismatch: 422,
    inProgress: 409,
    replayMarker: ["Idempotent-Replayed", "true"],
    problems: false,
  },
  policies: {
    compares: "bytes",
    otherPath: "mismatch",
    otherQuery: "mismatch",
    otherMethod: 405,
    duplicateMembers: "compared",
    multipart: "refused",
    fieldsLeftOut: ["User-Agent"],
    afterFailure: "runs-again",
    afterRefusal: "free",
  },
  faults: {
    field: "X-Fault",
    howToEnable: "",
    delay: "delay=$MS",
    failBefore: "fail-before",
    failAfter: "fail-after",
    crashBefore: "crash-before",
    crashAfter: "crash-after",
    overrun: "overrun",
  },
  attemptDeadline_ms: DEADLINE_MS,
  recovery_ms: 3500,
  expiry: { field: "X-Expires-At", howToShorten: "" },
};
