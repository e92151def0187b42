// The types that openapi-typescript makes, with openapi-fetch, against the server at $SERVER.

import createClient from "openapi-fetch";
import type { components, paths } from "../.cache/generated/openapi-fetch";
import { check, done, newKey, SERVER, TOKEN } from "../check";

type Problem = components["schemas"]["Problem"];

const client = createClient<paths>({ baseUrl: SERVER, headers: { Authorization: `Bearer ${TOKEN}` } });
const key = newKey();
const keyed = (key: string) => ({ header: { "Idempotency-Key": key } });

const resource = await client.POST("/api/v1/operations/resources", {
  params: keyed(newKey()),
  body: { name: "Lathe", metadata: { weight_kg: 1.5 } },
});
check("a resource is created", resource.data?.name === "Lathe");
check("its moment is one", Date.parse(resource.data!.created_at) <= Date.now());
const path = { id: resource.data!.id };
const read = await client.GET("/api/v1/operations/resources/{id}", { params: { path } });
check("it is read back", JSON.stringify(read.data) === JSON.stringify(resource.data));

const payment = { amount: 1234567.89, description: "One coffee machine" };
const pay = (key: string, body: components["schemas"]["TransactionInput"]) =>
  client.POST("/api/v1/operations/transactions", { params: keyed(key), body });
const first = await pay(key, payment);
const replay = await pay(key, payment);
check("an amount comes back exact", first.data?.amount === 1234567.89);
const stored = await client.GET("/api/v1/operations/transactions/{id}", {
  params: { path: { id: first.data!.id } },
});
check("it is stored exact", stored.data?.amount === 1234567.89);
check("a replay is the same answer", JSON.stringify(replay.data) === JSON.stringify(first.data));
check("a replay says so", replay.response.headers.get("Idempotent-Replayed") === "true");
check("a first answer does not", !first.response.headers.has("Idempotent-Replayed"));

const mismatch: Problem | undefined = (await pay(key, { ...payment, amount: 1 })).error;
check("a mismatch is a problem", mismatch?.type === "/problems/request-mismatch" && mismatch.status === 422);
check("it needs a change", mismatch?.retryable === false);

const refused: Problem | undefined = (await pay(newKey(), { ...payment, amount: 0.001 })).error;
check("a broken rule is a problem", refused?.type === "/problems/validation-failed");
check("it says where", refused?.errors?.[0]?.pointer === "#/amount");

const missing = await client.GET("/api/v1/operations/transactions/{id}", {
  params: { path: { id: "txn_0000000000000000" } },
});
check("what is not there is a problem", missing.error?.status === 404);

const entry = await client.POST("/api/audit/log", {
  params: keyed(newKey()),
  body: { user_id: "fetch", action: "login", details: { method: "password" } },
});
const listed = await client.GET("/api/audit/logs", { params: { query: { user_id: "fetch", limit: 10 } } });
check("an entry is listed", JSON.stringify(listed.data) === JSON.stringify([entry.data]));

const status = await client.GET("/api/v1/operations/idempotency/{key}", { params: { path: { key } } });
check("the key is looked up", status.data?.status === "COMPLETED" && status.data.attempts === 1);
check("its history has moments", !Number.isNaN(Date.parse(status.data!.history[0]!.at)));

done();
