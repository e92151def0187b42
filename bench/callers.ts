// A thousand callers, as they show who they are: with API tokens, or with tokens of an issuer (RFC 7519).

import { createHash } from "node:crypto";
import { exportJWK, generateKeyPair, type JWK, SignJWT } from "jose";

const CALLERS = Array.from({ length: 1000 }, (_, number) => `caller-${number}`);

export const ISSUER = "https://id.example/";
export const AUDIENCE = "https://api.example";
/** Where the issuer publishes its key. */
export const JWKS_PATH = "/jwks";

/** The variable `API_TOKENS`. */
export function tokensOfCallers(): string {
  const sha256 = (client: string) => createHash("sha256").update(tokenOf(client)).digest("hex");
  return JSON.stringify(CALLERS.map((client) => ({ client, role: "client", sha256: sha256(client) })));
}

const tokenOf = (client: string) => `ei_${client.padEnd(43, "x")}`;

export interface Callers {
  /** What is to be published. */
  key: JWK;
  /** The values of `Authorization`, by how they are checked. */
  authorizations: Record<"tokens" | "issuer", string[]>;
}

export async function makeCallers(): Promise<Callers> {
  const { privateKey, publicKey } = await generateKeyPair("ES256", { extractable: true });
  const now = Math.floor(Date.now() / 1000);
  const sign = (sub: string) =>
    new SignJWT({ iss: ISSUER, aud: AUDIENCE, sub, exp: now + 86_400 })
      .setProtectedHeader({ alg: "ES256", kid: "bench" })
      .sign(privateKey);
  const signed = await Promise.all(CALLERS.map(sign));
  return {
    key: { ...(await exportJWK(publicKey)), kid: "bench" },
    authorizations: {
      tokens: CALLERS.map((client) => `Bearer ${tokenOf(client)}`),
      issuer: signed.map((token) => `Bearer ${token}`),
    },
  };
}
