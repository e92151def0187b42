// Programs that are killed with SIGKILL, and their keys in a file.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { eventually, newKey, RESOURCES } from "../harness/client.ts";
import { programs } from "./programs.ts";

const shop = programs();

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "buyers-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test("a program that was killed before it sent its key sends it when it is begun anew", async () => {
  const name = newKey();
  const killed = buyer(name, "sends-nothing");
  await killed.prints("sending");
  await killed.kill();
  const before = shop.sent(name);

  const outcome = await buyer(name).outcome();

  expect(before).toEqual([]);
  expect(outcome).toMatchObject({ status: 201, replayed: false });
  expect(shop.keys(name)).toHaveLength(1);
  expect(await shop.rows(name)).toBe(1);
});

test("a program that was killed before its answer came gets it when it is begun anew", async () => {
  const name = newKey();
  shop.proxy.next({ kind: "lost" });
  const killed = buyer(name);
  await eventually(async () => (await shop.rows(name)) === 1);
  await killed.kill();

  const outcome = await buyer(name).outcome();

  expect(outcome).toMatchObject({ status: 201, replayed: true });
  expect(shop.keys(name)).toHaveLength(1);
  expect(await shop.rows(name)).toBe(1);
});

test("programs that begin at once have one key", async () => {
  const name = newKey();

  const outcomes = await Promise.all(Array.from({ length: 4 }, () => buyer(name).outcome()));

  expect(new Set(outcomes.map(({ text }) => text)).size).toBe(1);
  expect(shop.keys(name)).toHaveLength(1);
  expect(await shop.rows(name)).toBe(1);
});

/** Starts a program that buys something of this name. All of one name have one file. */
function buyer(name: string, ...options: string[]) {
  const url = new URL(RESOURCES, shop.proxy.address).href;
  const script = join(import.meta.dirname, "buyer.ts");
  const child = spawn(process.execPath, [script, join(folder, name), url, name, ...options]);
  let printed = "";
  child.stdout.on("data", (text: Buffer) => (printed += text));
  child.stderr.on("data", (text: Buffer) => (printed += text));
  onTestFinished(() => void child.kill("SIGKILL"));
  return {
    prints: (text: string) => eventually(() => printed.includes(text)),
    kill: async () => {
      const ended = once(child, "close");
      child.kill("SIGKILL");
      await ended;
    },
    outcome: () => outcomeOf(child, () => printed),
  };
}

async function outcomeOf(child: ChildProcess, printed: () => string) {
  await once(child, "close");
  const line = /^\{.*\}$/m.exec(printed())?.[0];
  if (line === undefined) throw new Error(printed());
  return JSON.parse(line) as { status: number; replayed: boolean; text: string };
}
