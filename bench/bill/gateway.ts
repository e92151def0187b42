// What the platform bills for requests to an API that the gateway stands in front of.

import { newKey } from "../../tests/harness/client.ts";
import { GATEWAY, type Variables } from "../../tests/harness/server.ts";
import { Upstream } from "../../tests/harness/upstream.ts";
import { type Line, must } from "./bill.ts";
import { type Counted, withCounted } from "./counted.ts";
import {
  ANSWERED_BY_MEMORY,
  ANSWERED_BY_OBJECT,
  type Counts,
  FORWARDED,
  HELD,
  PASSED,
  REFUSED,
  SENT_AGAIN,
} from "./promises.ts";

/** Counts it in front of an API of this process, which answers at once. */
export async function countGateway(): Promise<Line[]> {
  return [...(await inFront({ TELEMETRY_OBJECTS: "0" }, requests)), ...(await countPassing())];
}

/** What passes is not to reach a telemetry object either, so that these are not switched off. */
export function countPassing(): Promise<Line[]> {
  return inFront({}, passing);
}

async function inFront(vars: Variables, use: (api: Counted) => Promise<Line[]>): Promise<Line[]> {
  const upstream = new Upstream();
  const policy = policyFor(await upstream.start());
  try {
    return await withCounted(vars, use, { root: GATEWAY, policy });
  } finally {
    upstream.stop();
  }
}

function policyFor(url: string) {
  const route = { upstream: "api", caller: "header:Authorization" };
  return {
    upstreams: { api: { url } },
    routes: [
      { ...route, match: { path: "/strict/{*rest}" } },
      { ...route, match: { path: "/orders/{*rest}" }, key: { required: false } },
    ],
    default: { pass: "api" },
  };
}

async function requests(api: Counted): Promise<Line[]> {
  const { lines, count } = counting(api);
  const [key, free, unclear] = [newKey(), newKey(), newKey()];

  await api.count(() => must(404, api.status(newKey())));
  await count("first request", FORWARDED, 201, "/orders/new", key);
  await count("replay from memory", ANSWERED_BY_MEMORY, 201, "/orders/new", key);
  await count("429, nothing was done", HELD, 429, "/orders/new?status=429", free);
  await count("sent again after 429", SENT_AGAIN, 429, "/orders/new?status=429", free);
  await count("500, outcome unknown", HELD, 500, "/orders/new?status=500", unclear);
  await count("409 after 500", ANSWERED_BY_OBJECT, 409, "/orders/new?status=500", unclear);
  await count("refused: no key", REFUSED, 400, "/strict/new");

  await api.server.restart();
  await api.count(() => must(404, api.status(newKey())));
  await count("replay from the object", ANSWERED_BY_OBJECT, 201, "/orders/new", key);
  return lines;
}

async function passing(api: Counted): Promise<Line[]> {
  const { lines, count } = counting(api);
  await count("pass-through: no key", PASSED, 201, "/orders/new");
  await count("pass-through: no route", PASSED, 201, "/elsewhere", newKey());
  return lines;
}

function counting(api: Counted) {
  const lines: Line[] = [];
  const count = async (name: string, promised: Counts, status: number, path: string, key?: string) => {
    const act = () => must(status, post(api, path, key));
    lines.push({ name: `gateway: ${name}`, promised, counts: await api.count(act) });
  };
  return { lines, count };
}

function post(api: Counted, path: string, key?: string) {
  const headers = { Authorization: "Bearer bill", ...(key !== undefined && { "Idempotency-Key": key }) };
  return api.call(path, { method: "POST", headers, payload: { value: 1 } });
}
