// The API behind the gateway, in a process of its own: what it takes is not to be measured. It answers with fixed bytes, as
// the floors do. The issuer of tokens is there too.

import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import process from "node:process";
import type { JWK } from "jose";
import { JWKS_PATH } from "./callers.ts";

const SERVE = "serve";
const ANSWER = JSON.stringify({ made: "x".repeat(200) });

export interface Api {
  url: string;
  stop(): void;
}

/** Starts it, with the key that the issuer publishes. */
export async function startApi(key: JWK): Promise<Api> {
  const server: ChildProcess = fork(import.meta.filename, [SERVE, JSON.stringify({ keys: [key] })], {
    execArgv: [],
  });
  const [port] = (await once(server, "message")) as [number];
  return { url: `http://127.0.0.1:${port}`, stop: () => server.kill() };
}

if (process.argv[2] === SERVE) {
  process.on("disconnect", () => process.exit());
  const fields = { "Content-Type": "application/json", "Content-Length": ANSWER.length };
  const keys = process.argv[3];
  const server = createServer((request, response) => {
    if (request.url === JWKS_PATH) return response.end(keys);
    request.resume().on("end", () => response.writeHead(201, fields).end(ANSWER));
  });
  // A request on a connection that it closes at that moment would fail.
  server.keepAliveTimeout = 0;
  server.listen(0, "127.0.0.1", () => process.send!((server.address() as AddressInfo).port));
}
