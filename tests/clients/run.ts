// npm run clients [-- <part of a client's name> …]
//
// Makes clients from the description of the API with the generators that people use, compiles them, and runs each
// against a local server that asks for a token. Every client creates what there is to create, is replayed, is refused,
// and reads everything back.

import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { startServer } from "../harness/server.ts";
import { type Client, clients, type Step } from "./clients.ts";
import { CACHE, install, jacksonJar } from "./toolchains.ts";

const TOKEN = "clients-token-for-this-run";

const PATH = install();
const parts = process.argv.slice(2);
const wanted = clients.filter(({ name }) => parts.length === 0 || parts.some((part) => name.includes(part)));
rmSync(join(CACHE, "generated"), { recursive: true, force: true });
const sha256 = createHash("sha256").update(TOKEN).digest("hex");
const server = await startServer({
  AUTH: "on",
  API_TOKENS: JSON.stringify([{ client: "clients", role: "operator", sha256 }]),
});
const environment = { ...process.env, PATH, JACKSON: jacksonJar(), SERVER: server.address.origin, TOKEN };
let failures = 0;
let checks = 0;
try {
  for (const client of wanted) await tryOut(client);
} finally {
  await server.stop();
}
console.log(`${wanted.length} clients, ${checks} checks, ${failures} failures`);
process.exitCode = failures > 0 || checks === 0 ? 1 : 0;

async function tryOut({ name, steps }: Client) {
  const start = Date.now();
  const seconds = () => `${((Date.now() - start) / 1000).toFixed(1)} s`;
  try {
    let output = "";
    for (const step of steps) output = await run(step);
    const count = Number(/^(\d+) checks$/m.exec(output)?.[1]);
    if (!(count > 0)) throw new Error(`it says of no check:\n${output}`);
    checks += count;
    console.log(`✓ ${name}: ${count} checks, ${seconds()}`);
  } catch (error) {
    failures++;
    console.log(`✗ ${name}, ${seconds()}: ${error instanceof Error ? error.message : error}`);
  }
}

async function run({ command, cwd = ".", env }: Step): Promise<string> {
  const [program, ...args] = command;
  const options = {
    cwd: join(import.meta.dirname, cwd),
    env: { ...environment, ...env },
    maxBuffer: 1 << 28,
  };
  try {
    return (await promisify(execFile)(program!, args, options)).stdout;
  } catch (error) {
    const { stdout = "", stderr = "" } = error as { stdout?: string; stderr?: string };
    const output = `${stdout}${stderr}`.slice(0, 4000);
    throw new Error(`${command.join(" ").slice(0, 200)}\n${output}`, { cause: error });
  }
}
