// The client within libraries that take a `fetch`, as packages/client/README.md shows them, against this service. Each one's
// first answer is lost.

import { MutationObserver, QueryClient } from "@tanstack/query-core";
import axios, { AxiosError } from "axios";
import ky, { HTTPError } from "ky";
import createClient from "openapi-fetch";
import { beforeEach, describe, expect, test } from "vitest";
import { createIdempotentFetch } from "../../packages/client/src/index.ts";
import { memoryStore } from "../../packages/client/src/stores/memory.ts";
import type { IdempotentFetch } from "../../packages/client/src/types.ts";
import { newKey, RESOURCES, serve } from "../harness/client.ts";

// What an application adds, once, so that libraries' types let the member pass.
declare global {
  interface RequestInit {
    intent?: string;
  }
}

interface Resource {
  id: string;
  name: string;
  idempotency_key: string;
}

/** Of the types that openapi-typescript makes of the description, what these tests use. */
interface paths {
  [RESOURCES]: {
    post: {
      requestBody: { content: { "application/json": { name: string } } };
      responses: {
        201: { content: { "application/json": Resource } };
        422: { content: { "application/problem+json": { type: string } } };
      };
    };
  };
}

const LATHE = { name: "Lathe" };

const api = serve();
let idempotentFetch: IdempotentFetch;
let intent: string;
/** The keys of the requests that were sent. */
let keys: string[];

beforeEach(() => {
  intent = newKey();
  keys = [];
  idempotentFetch = createIdempotentFetch({ store: memoryStore(), fetch: losingTheFirst });
});

describe("openapi-fetch", () => {
  const client = () => createClient<paths>({ baseUrl: api.server.address.origin, fetch: idempotentFetch });

  test("has the answer of an intent whose first answer was lost", async () => {
    const { data, response } = await client().POST(RESOURCES, { body: LATHE, intent });

    expect(data?.name).toBe("Lathe");
    await expectOneRow(response.headers, data!.idempotency_key);
  });

  test("has the problem of one that is refused, as its error", async () => {
    const { error, response } = await client().POST(RESOURCES, { body: { name: "" }, intent });

    expect(response.status).toBe(422);
    expect(error?.type).toBe("/problems/validation-failed");
  });

  test("rejects another request of the intent", async () => {
    await client().POST(RESOURCES, { body: LATHE, intent });

    const other = client().POST(RESOURCES, { body: { name: "Mill" }, intent });

    await expect(other).rejects.toMatchObject({ name: "IntentChangedError" });
  });
});

describe("ky", () => {
  const client = () =>
    ky.create({ prefix: api.server.address.origin, fetch: idempotentFetch, retry: 0, timeout: false });

  test("has the answer of an intent whose first answer was lost", async () => {
    const response = await client().post(RESOURCES.slice(1), { json: LATHE, intent });

    const resource = await response.json<Resource>();
    expect(resource.name).toBe("Lathe");
    await expectOneRow(response.headers, resource.idempotency_key);
  });

  test("throws the refusal of one, as its own error", async () => {
    const refused = client().post(RESOURCES.slice(1), { json: { name: "" }, intent });

    const error = await refused.catch((error) => error);

    expect(error).toBeInstanceOf(HTTPError);
    expect(error.response.status).toBe(422);
  });

  test("throws that another request has the intent", async () => {
    await client().post(RESOURCES.slice(1), { json: LATHE, intent });

    const other = client().post(RESOURCES.slice(1), { json: { name: "Mill" }, intent });

    await expect(other).rejects.toMatchObject({ name: "IntentChangedError" });
  });
});

describe("axios", () => {
  const client = () =>
    axios.create({ baseURL: api.server.address.origin, adapter: "fetch", env: { fetch: idempotentFetch } });

  test("has the answer of an intent whose first answer was lost", async () => {
    const { data, headers } = await client().post<Resource>(RESOURCES, LATHE, { fetchOptions: { intent } });

    expect(data.name).toBe("Lathe");
    await expectOneRow(new Headers(headers as Record<string, string>), data.idempotency_key);
  });

  test("throws the refusal of one, as its own error", async () => {
    const refused = client().post(RESOURCES, { name: "" }, { fetchOptions: { intent } });

    const error = await refused.catch((error) => error);

    expect(error).toBeInstanceOf(AxiosError);
    expect(error.response.status).toBe(422);
  });

  test("throws that another request has the intent, as the cause of its error or as it is", async () => {
    await client().post(RESOURCES, LATHE, { fetchOptions: { intent } });

    const error = await client()
      .post(RESOURCES, { name: "Mill" }, { fetchOptions: { intent } })
      .catch((error) => error);

    expect([error.name, error.cause?.name]).toContain("IntentChangedError");
  });
});

describe("TanStack Query", () => {
  const mutation = (queries = new QueryClient()) =>
    new MutationObserver(queries, {
      retry: false,
      mutationFn: async (resource: { name: string }) => {
        const response = await idempotentFetch(new URL(RESOURCES, api.server.address), {
          method: "POST",
          headers: { "Content-Type": "application/json" },
          body: JSON.stringify(resource),
          intent,
        });
        if (!response.ok) throw new Error(`${response.status}`);
        return { headers: response.headers, resource: (await response.json()) as Resource };
      },
    });

  test("has the answer of an intent whose first answer was lost", async () => {
    const { headers, resource } = await mutation().mutate(LATHE);

    expect(resource.name).toBe("Lathe");
    await expectOneRow(headers, resource.idempotency_key);
  });

  test("has one row of a mutation that is started twice at once", async () => {
    const [one, other] = await Promise.all([mutation().mutate(LATHE), mutation().mutate(LATHE)]);

    expect(other.resource).toEqual(one.resource);
    expect(await api.rows(one.resource.idempotency_key)).toHaveLength(1);
  });

  test("has the refusal, and the change of an intent, as its errors", async () => {
    await expect(mutation().mutate({ name: "" })).rejects.toThrow("422");
    await expect(mutation().mutate(LATHE)).rejects.toMatchObject({ name: "IntentChangedError" });
  });
});

const losingTheFirst: typeof fetch = async (input, init) => {
  const request = new Request(input, init);
  keys.push(request.headers.get("Idempotency-Key")!);
  const answer = await fetch(request);
  if (keys.length > 1) return answer;
  await answer.arrayBuffer();
  throw new TypeError("fetch failed");
};

/** The first answer was lost, so this is the second, of the same key. */
async function expectOneRow(headers: Headers, key: string): Promise<void> {
  expect(headers.get("Idempotent-Replayed")).toBe("true");
  expect(keys).toEqual([key, key]);
  expect(await api.rows(key)).toHaveLength(1);
}
