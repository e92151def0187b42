// The Kotlin client's store of files: whole at every moment, shared by threads and processes.

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { eventually } from "../harness/client.ts";
import { Driver } from "./driver.ts";

let folder: string;
/** For tests that need one process and kill none. */
let driver: Driver;
const drivers: Driver[] = [];

beforeAll(() => {
  driver = new Driver();
});
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "edge-idempotency-"));
});
afterEach(async () => {
  await Promise.all(drivers.splice(0).map((driver) => driver.kill()));
  rmSync(folder, { recursive: true });
});
afterAll(() => driver.kill());

test("two processes with four threads each change one value, and no change is lost", async () => {
  const [one, other] = [start(), start()];

  await Promise.all([
    one.ask({ do: "count", folder, name: "n" }),
    other.ask({ do: "count", folder, name: "n" }),
  ]);

  expect(await list(one)).toEqual([["n", "200"]]);
});

test("a process that is killed while it writes leaves a whole value", async () => {
  await driver.ask({ do: "put", folder, name: "n", value: "c".repeat(20_000) });
  for (let round = 0; round < 5; round++) {
    const writer = start();
    void writer.ask({ do: "write", folder, name: "n" });
    // In the midst of it: this file is there only while a value is written.
    await eventually(() => readFileSync(join(folder, "written")).length >= 0);
    await writer.kill();

    const [[, value]] = await list(driver);

    expect(value.length).toBe(20_000);
    expect(new Set(value).size).toBe(1);
  }
});

test("a value is written beside the one before, and then takes its place", async () => {
  const inode = () => statSync(join(folder, "intent-n")).ino;
  await driver.ask({ do: "put", folder, name: "n", value: "v" });
  const before = inode();

  await driver.ask({ do: "put", folder, name: "n", value: "w" });

  expect(inode()).not.toBe(before);
  expect(readdirSync(folder).sort()).toEqual(["intent-n", "lock"]);
});

test("what a killed process has left half written does not matter", async () => {
  writeFileSync(join(folder, "written"), "half");

  await driver.ask({ do: "put", folder, name: "n", value: "v" });

  expect(await list(driver)).toEqual([["n", "v"]]);
});

test("a damaged file is noticed, wherever it is damaged, and its intent is not sent", async () => {
  const url = "http://localhost:1/";
  await driver.ask({ do: "call", folder, intent: "checkout:17", url, deadline_ms: 1 });

  const told = await driver.ask({ do: "damage", folder, name: "checkout:17" });

  expect(told).toEqual({ answer: [] });
});

test("names stay apart and come back, whatever is in them", async () => {
  const names = ["", "%41", "..", "../x", "A", "CON", "a", "a.", "a b", "ä/ö\\ü", "\u0000", "🍭"];
  for (const name of names) await driver.ask({ do: "put", folder, name, value: `of ${name}` });

  const listed = await list(driver);

  expect(listed.sort()).toEqual(names.map((name) => [name, `of ${name}`]).sort());
  // Some file systems take `A` for `a`.
  for (const file of readdirSync(folder)) expect(file).toMatch(/^[a-z0-9_%-]+$/);
});

test("a name that is too long for a file is refused, and one that is not is taken", async () => {
  const long = await driver.ask({ do: "put", folder, name: "a".repeat(234), value: "v" });
  const short = await driver.ask({ do: "put", folder, name: "a".repeat(233), value: "v" });

  expect(long.error).toBe("IllegalArgumentException");
  expect(short).toEqual({ answer: null });
});

test("a thread that waits for another process can be interrupted, and has stored nothing", async () => {
  const [holder, waiting] = [start(), start()];
  const held = holder.ask({ do: "hold", folder, name: "other" });
  await eventually(async () => (await held.state()) === "WAITING");
  const asked = waiting.ask({ do: "put", folder, name: "n", value: "v" });
  await eventually(async () => (await asked.state()) === "TIMED_WAITING");

  asked.interrupt();
  const { error } = await asked;
  await holder.kill();

  expect(error).toBe("InterruptedException");
  expect(await list(waiting)).toEqual([]);
});

test("the folder is made with those above it", async () => {
  mkdirSync(join(folder, "a"));

  await driver.ask({ do: "put", folder: join(folder, "a/b/c"), name: "n", value: "v" });

  expect(await list(driver, join(folder, "a/b/c"))).toEqual([["n", "v"]]);
});

function start(): Driver {
  const driver = new Driver();
  drivers.push(driver);
  return driver;
}

async function list(driver: Driver, of = folder): Promise<any> {
  return (await driver.ask({ do: "list", folder: of, name: "" })).answer;
}
