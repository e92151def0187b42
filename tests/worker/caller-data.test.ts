// How operators delete a client's data, by the command of docs/runbook.md, on a Worker that `wrangler dev` serves.

import { rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import {
  AUDIT_LOG,
  AUDIT_LOGS,
  Client,
  type Keyed,
  newKey,
  RESOURCES,
  TRANSACTIONS,
} from "../harness/client.ts";
import { cloned } from "../harness/clone.ts";
import { command } from "../harness/commands.ts";
import { type Dev, startDev } from "../harness/dev.ts";
import { close, listen } from "../harness/listen.ts";
import type { Server } from "../harness/server.ts";
import { makeToken } from "../harness/tokens.ts";

describe("a Worker with rows of two clients", () => {
  const [shop, till, operator] = [makeToken("shop"), makeToken("till"), makeToken("ops", "operator")];
  const api = new Client();
  let clone: string;
  let dev: Dev;
  beforeAll(async () => {
    clone = await cloned();
    const tokens = JSON.stringify([shop, till, operator].map(({ stored }) => stored));
    await writeFile(join(clone, ".dev.vars"), `API_TOKENS='${tokens}'\nREPLAY_SECRET=${"s".repeat(32)}\n`);
    dev = await startDev(clone, ["npx", "wrangler", "dev"]);
    api.server = { address: new URL(dev.base) } as Server;
  });
  afterAll(async () => {
    await dev?.stop();
    await rm(clone, { recursive: true, force: true });
  });

  test("forgets all of one, and nothing of the other", async () => {
    const [ours, theirs] = [await made(shop.token), await made(till.token)];
    const file = join(clone, "keys.txt");
    await writeFile(file, `${ours.auditKey}\n`);

    const { stdout } = await deletion("shop", dev.base, operator.token, ["--keys", file]);
    const again = await failed(deletion("shop", dev.base, operator.token));

    expect(stdout).toContain("3 keys: 3 forgotten, 0 had expired.");
    expect(stdout).toContain("3 rows deleted.");
    expect(again).toContain("There is nothing of shop here.");
    expect(await heldOf(shop.token, ours)).toEqual([404, 404, 404, 404, 404, 0]);
    expect(await heldOf(till.token, theirs)).toEqual([200, 200, 200, 200, 200, 1]);
  });

  test("loses no row if its keys cannot be forgotten", async () => {
    const keys = await made(till.token);
    const before = await heldOf(till.token, keys);
    const [elsewhere, another] = [
      await answering("Not here"),
      await answering('{"type":"/problems/not-found"}'),
    ];

    const told = await Promise.all([
      failed(deletion("till", elsewhere, operator.token)),
      failed(deletion("till", another, operator.token)),
      failed(deletion("till", dev.base, till.token)),
      failed(deletion("till", "http://localhost:9", operator.token)),
    ]);

    expect(told[0]).toMatch(/404 Not here\s+No row was deleted/);
    expect(told[1]).toMatch(/None of the \d+ keys is known at .*\s+No row was deleted/);
    expect(told[2]).toMatch(/403 .*\s+No row was deleted/);
    expect(told[3]).toMatch(/no answer.*\s+No row was deleted/);
    expect(await heldOf(till.token, keys)).toEqual(before);
  });

  test("is forgotten with keys that have all expired, if that is said", async () => {
    const keys = await made(shop.token);
    const expired = await answering('{"type":"/problems/not-found"}');

    const { stdout } = await deletion("shop", expired, operator.token, ["--expired"]);

    expect(stdout).toContain("2 keys: 0 forgotten, 2 had expired.");
    expect((await heldOf(shop.token, keys)).slice(-3)).toEqual([404, 404, 0]);
  });

  test("is forgotten by keys alone, where there are no rows", async () => {
    const keys = await made(shop.token);
    const file = join(clone, "keys.txt");
    await writeFile(file, keys.keys.join("\n"));
    const none = [shop.stored.client, "--url", dev.base, "--store", "none", "--keys", file];

    const { stdout } = await command(clone, "caller-delete.ts", none, { TOKEN: operator.token });

    expect(stdout).toContain("3 keys: 3 forgotten, 0 had expired.");
    expect(await heldOf(shop.token, keys)).toEqual([404, 404, 404, 200, 200, 1]);
  });

  /** One request to each route. */
  async function made(as: string) {
    const keys = { [RESOURCES]: newKey(), [TRANSACTIONS]: newKey(), [AUDIT_LOG]: newKey() };
    const answers = [];
    for (const [path, key] of Object.entries(keys)) answers.push(await api.post(path as Keyed, key, { as }));
    const places = answers.flatMap(({ headers }) => headers.get("Location") ?? []);
    return { keys: Object.values(keys), auditKey: keys[AUDIT_LOG], places };
  }

  /** What becomes of looking for a client's keys and rows, and how long its list is. */
  async function heldOf(as: string, { keys, places }: Awaited<ReturnType<typeof made>>) {
    const looked = await Promise.all([
      ...keys.map((key) => api.status(key, { as })),
      ...places.map((place) => api.call(place, { as })),
    ]);
    const list = await api.call(AUDIT_LOGS, { as });
    return [...looked.map(({ status }) => status), list.json.length];
  }

  const deletion = (client: string, url: string, TOKEN: string, more: string[] = []) =>
    command(clone, "caller-delete.ts", [client, "--url", url, "--local", ...more], { TOKEN });

  /** What a command says that fails. */
  const failed = (command: Promise<unknown>) =>
    command.then(
      () => "It succeeded.",
      ({ stderr }) => stderr as string,
    );

  /** The address of something else, which answers everything with this and 404. */
  async function answering(content: string): Promise<string> {
    const server = createServer((_, answer) => answer.writeHead(404).end(content));
    onTestFinished(() => close(server));
    return await listen(server);
  }
});
