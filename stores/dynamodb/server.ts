// A DynamoDB of this machine, for `npm start -- --store dynamodb` and for tests: MiniStack, which runs one request after the
// other. It keeps what it has in memory, and writes it into its folder when it is stopped.

import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { environment } from "../../scripts/python.ts";
import { end, freePort } from "../local-server.ts";
import type { Access } from "./client.ts";

export interface DynamodbServer {
  access: Access;
  stop(): Promise<void>;
}

const ROOT = resolve(import.meta.dirname, "../..");

/** The server asks for none, and does not look at signatures. */
const KEY = { accessKeyId: "AKIAOFTHISMACHINE", secretAccessKey: "the-secret-of-nothing" };

const LONGEST_START_MS = 30_000;

/** Installs it, if it is not there yet; the folder of its programs. */
export function program(): string {
  return environment(join(ROOT, ".tools/dynamodb"), join(import.meta.dirname, "requirements.txt"));
}

/** Starts the server whose files are in `folder`, which is made if it is not there. */
export async function startDynamodb(folder: string): Promise<DynamodbServer> {
  const bin = program();
  mkdirSync(folder, { recursive: true });
  const port = await freePort();
  const env = {
    PATH: process.env["PATH"],
    SERVICES: "dynamodb",
    BIND_HOST: "127.0.0.1",
    GATEWAY_PORT: String(port),
    PERSIST_STATE: "1",
    STATE_DIR: folder,
    TMPDIR: folder,
    SFTP_ENABLED: "0",
    IOT_MTLS_ENABLED: "0",
    LOG_LEVEL: "ERROR",
  };
  const server = spawn(join(bin, "ministack"), { env, cwd: folder, stdio: "ignore" });
  const endpoint = `http://127.0.0.1:${port}`;
  await answers(endpoint, server);
  return {
    access: { endpoint, region: "eu-central-1", ...KEY },
    stop: () => end(server, "SIGTERM"),
  };
}

async function answers(endpoint: string, server: ChildProcess): Promise<void> {
  const until = Date.now() + LONGEST_START_MS;
  while (server.exitCode === null && Date.now() < until) {
    try {
      await fetch(`${endpoint}/_ministack/health`);
      return;
    } catch {
      await pause(50);
    }
  }
  throw new Error(`MiniStack did not start (${server.exitCode ?? "no answer"})`);
}
