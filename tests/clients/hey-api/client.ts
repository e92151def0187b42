// The client that @hey-api/openapi-ts makes, against the server at $SERVER.

import * as api from "../.cache/generated/hey-api";
import { client } from "../.cache/generated/hey-api/client.gen";
import { check, done, newKey, SERVER, TOKEN } from "../check";

client.setConfig({ baseUrl: SERVER, auth: TOKEN });
const key = newKey();
const keyed = (key: string) => ({ "Idempotency-Key": key });

const resource = await api.createResource({
  headers: keyed(newKey()),
  body: { name: "Lathe", metadata: { weight_kg: 1.5 } },
});
check("a resource is created", resource.data?.name === "Lathe");
check("its moment is one", Date.parse(resource.data!.created_at) <= Date.now());
const read = await api.readResource({ path: { id: resource.data!.id } });
check("it is read back", JSON.stringify(read.data) === JSON.stringify(resource.data));

const payment = { amount: 1234567.89, description: "One coffee machine" };
const pay = (key: string, body: api.TransactionInput) => api.createTransaction({ headers: keyed(key), body });
const first = await pay(key, payment);
const replay = await pay(key, payment);
check("an amount comes back exact", first.data?.amount === 1234567.89);
const stored = await api.readTransaction({ path: { id: first.data!.id } });
check("it is stored exact", stored.data?.amount === 1234567.89);
check("a replay is the same answer", JSON.stringify(replay.data) === JSON.stringify(first.data));
check("a replay says so", replay.response?.headers.get("Idempotent-Replayed") === "true");
check("a first answer does not", first.response?.headers.has("Idempotent-Replayed") === false);

const mismatch: api.Problem | undefined = (await pay(key, { ...payment, amount: 1 })).error;
check("a mismatch is a problem", mismatch?.type === "/problems/request-mismatch" && mismatch.status === 422);
check("it needs a change", mismatch?.retryable === false);

const refused: api.Problem | undefined = (await pay(newKey(), { ...payment, amount: 0.001 })).error;
check("a broken rule is a problem", refused?.type === "/problems/validation-failed");
check("it says where", refused?.errors?.[0]?.pointer === "#/amount");

const missing = await api.readTransaction({ path: { id: "txn_0000000000000000" } });
check("what is not there is a problem", missing.error?.status === 404);

const entry = await api.createAuditLog({
  headers: keyed(newKey()),
  body: { user_id: "hey", action: "login", details: { method: "password" } },
});
const listed = await api.listAuditLogs({ query: { user_id: "hey", limit: 10 } });
check("an entry is listed", JSON.stringify(listed.data) === JSON.stringify([entry.data]));

const status = await api.lookUpKey({ path: { key } });
check("the key is looked up", status.data?.status === "COMPLETED" && status.data.attempts === 1);
check("its history has moments", !Number.isNaN(Date.parse(status.data!.history[0]!.at)));

done();
