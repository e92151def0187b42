// The Worker with MongoDB's driver and a replica set, with TLS and passwords: what it asks of which server, and what it makes
// of answers that only a set gives.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { newKey } from "../harness/client.ts";
import { type Dev, startDev } from "../harness/dev.ts";
import { PASSWORD, type ReplicaSet, startSet, USER } from "../harness/stores/replica-set.ts";
import { type MongodbServer, startMongodb } from "../../stores/mongodb/server.ts";

const DRIVER = join(import.meta.dirname, "../../stores/mongodb/driver");
const COLUMNS = ["id", "name"].map((name) => ({ name, kind: name === "id" ? "id" : "text" }));
const RESOURCES = { name: "resources", columns: COLUMNS };

let folder: string;
let server: MongodbServer;
let set: ReplicaSet;
let driver: Dev;
let stranger: Dev;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "edge-idempotency-set-"));
  server = await startMongodb(join(folder, "data"));
  set = await startSet(Number(new URL(server.url("shop")).port), folder);
  driver = await started(PASSWORD);
  stranger = await started("another");
});
afterAll(async () => {
  for (const dev of [driver, stranger]) await dev?.stop();
  set.stop();
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});
beforeEach(() => {
  Object.assign(set, { connections: 0, logins: 0, commands: [] });
});

test("a question logs in at the primary, and has one connection more than there are servers", async () => {
  const answer = await insert(newKey());

  expect(answer).toMatchObject({ status: 200, json: { name: "name" } });
  expect(set.logins).toBe(1);
  expect(set.connections).toBe(4);
});

test("an insertion is acknowledged by a majority's journals, and can be repeated by the driver", async () => {
  await insert(newKey());

  const [command] = set.commands;
  expect(command).toMatchObject({ insert: "resources", writeConcern: { w: "majority", j: true } });
  expect(command).toHaveProperty("txnNumber");
});

test("a document that is there is read once a majority has it, and a reading sees no other", async () => {
  const id = newKey();
  await insert(id);
  await insert(id);
  await ask("find", ["caller", id]);

  const readings = set.commands.filter(({ find }) => find === "resources");
  expect(readings).toMatchObject([
    { filter: { _id: { $eq: id } }, readConcern: { level: "linearizable" } },
    { filter: { caller: { $eq: "caller" } }, readConcern: { level: "majority" } },
  ]);
  for (const { maxTimeMS } of readings) expect(maxTimeMS).toBe(25_000);
});

describe("an insertion is not answered", () => {
  test.each([
    [
      "if a majority was away",
      { ok: 1, n: 1, writeConcernError: { code: 64, errmsg: "waiting for replication timed out" } },
      /waiting for replication timed out/,
    ],
    [
      "with another operation's document, where the operation's own was lost with a primary",
      { ok: 1, n: 0, writeErrors: [{ index: 0, code: 11000, errmsg: "E11000", keyPattern: { _id: 1 } }] },
      /E11000/,
    ],
  ])("%s", async (_, answer, what) => {
    set.answerNext("insert", answer);

    const failed = await insert(newKey());

    expect(failed.status).toBe(500);
    expect(failed.text).toMatch(what);
  });
});

test("an insertion that meets a server that is primary no more is repeated, as the same", async () => {
  const id = newKey();
  const errorLabels = ["RetryableWriteError"];
  set.answerNext("insert", { ok: 0, code: 10107, codeName: "NotWritablePrimary", errmsg: "no", errorLabels });

  const answer = await insert(id);

  const [first, second] = set.commands.filter((command) => "insert" in command);
  expect(answer).toMatchObject({ status: 200, json: { id } });
  expect(second!["txnNumber"]).toEqual(first!["txnNumber"]);
  expect(second!["documents"]).toEqual(first!["documents"]);
});

test("another password is refused at once, and not told", async () => {
  const refused = await insert(newKey(), stranger);

  expect(refused.status).toBe(500);
  expect(refused.text).toMatch(/Authentication failed/);
  expect(refused.text).not.toContain("another");
});

const insert = (id: string, dev = driver) => ask("insertOnce", [1000, id, "caller", id, "name"], dev);

async function ask(verb: string, values: unknown[], { base } = driver) {
  const body = JSON.stringify({ table: RESOURCES, values });
  const answer = await fetch(`${base}/${verb}`, { method: "POST", body });
  const text = await answer.text();
  return { status: answer.status, text, json: answer.ok ? JSON.parse(text) : undefined };
}

/** The Worker with this password. What the URL says of safety does not count. */
function started(password: string): Promise<Dev> {
  const options = "replicaSet=set&tls=true&authSource=admin&w=1&journal=false&readPreference=secondary";
  const MONGODB_URL = `mongodb://${USER}:${password}@${set.hosts.join()}/shop?${options}`;
  // Workers of one machine find each other there.
  const WRANGLER_REGISTRY_PATH = join(folder, `registry-${password}`);
  const env = { MONGODB_URL, WRANGLER_REGISTRY_PATH, NODE_EXTRA_CA_CERTS: set.authority };
  return startDev(DRIVER, ["npx", "wrangler", "dev"], env);
}
