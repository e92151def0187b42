// An issuer of JSON Web Tokens on this machine: keys of each kind, and the set of them over HTTP.

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from "jose";
import { expect } from "vitest";
import type { Answer } from "./client.ts";
import { stall, type Stalled } from "./stalled.ts";

export const ISSUER = "https://id.example/";
export const AUDIENCE = "https://api.example";
export const ALGORITHMS = ["RS256", "ES256", "EdDSA"] as const;
export type Algorithm = (typeof ALGORITHMS)[number];

export interface SigningKey {
  kid: string;
  algorithm: Algorithm;
  secret: CryptoKey;
  public: JWK;
}

export async function makeKey(algorithm: Algorithm, kid: string): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair(algorithm, { extractable: true });
  return { kid, algorithm, secret: privateKey, public: { ...(await exportJWK(publicKey)), kid } };
}

/** A token that is right in all respects, but for what `claims` and `header` say. */
export function sign(
  key: SigningKey,
  claims: JWTPayload = {},
  header: Record<string, unknown> = {},
): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  return new SignJWT({ iss: ISSUER, aud: AUDIENCE, sub: "ann", exp: now + 300, ...claims })
    .setProtectedHeader({ alg: key.algorithm, kid: key.kid, ...header })
    .sign(key.secret, { crit: { "x-must": true } });
}

export class Issuer {
  /** What it publishes. */
  published: JWK[] = [];
  /** What it answers instead of its keys. */
  broken: { status: number; headers?: Record<string, string> } | undefined;
  /** What it waits for before it answers. */
  before = async () => {};
  /** How it goes on after it was asked, if it does not end. */
  stalled: Stalled | undefined;
  /** The paths that were asked for. */
  asked: string[] = [];
  /** How many bytes it has sent of what does not end, and how many who asked are still there. */
  sent_bytes = 0;
  listening = 0;
  #server = createServer(async (request, response) => {
    this.asked.push(request.url!);
    this.listening++;
    response.on("close", () => this.listening--);
    await this.before();
    if (this.stalled) stall(response, this.stalled, (bytes) => (this.sent_bytes += bytes));
    else if (this.broken) response.writeHead(this.broken.status, this.broken.headers).end();
    else response.end(JSON.stringify({ keys: this.published }));
  });

  /** Starts it; resolves with the variables of a service that trusts it. */
  async start() {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    const { port } = this.#server.address() as AddressInfo;
    return {
      AUTH: "on",
      JWT_ISSUER: ISSUER,
      JWT_AUDIENCE: AUDIENCE,
      JWT_JWKS_URL: `http://127.0.0.1:${port}/jwks`,
    };
  }

  stop() {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

export function expectRefusal(answer: Answer) {
  expect(answer.status).toBe(401);
  expect(answer.json).toMatchObject({ type: "/problems/unauthorized", retryable: false });
  expect(answer.headers.get("WWW-Authenticate")).toBe('Bearer error="invalid_token"');
}
