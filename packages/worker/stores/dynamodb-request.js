// Requests to DynamoDB, each signed by AWS's Signature Version 4.

import { AwsClient } from "aws4fetch";
import { endpointOf } from "./dynamodb-variables.js";

/** In milliseconds; longer than the longest deadline of an attempt, so that nothing is cut off that somebody waits for. */
const LONGEST_MS = 26_000;

/** Signing keys, each of a day. */
const signingKeys = new Map();

/**
 * What DynamoDB answers to what it does not do. Its message is logged, of which further lines may repeat what was signed,
 * and so a session token.
 */
export class Refusal extends Error {
  constructor(status, answer) {
    const code = String(answer.__type ?? status)
      .split("#")
      .at(-1);
    const [line] = String(answer.message ?? answer.Message ?? "without a message").split("\n", 1);
    super(`${code}: ${line}`);
    this.answer = answer;
  }
}

/**
 * What `ask` gives, which sends requests by `request(action, content)` and has the names of tables by `nameOf`. A request
 * that is not answered in time may still take effect. The next attempt then finds its row.
 */
export async function requesting(env, ask) {
  const client = new AwsClient({
    accessKeyId: env.AWS_ACCESS_KEY_ID,
    secretAccessKey: env.AWS_SECRET_ACCESS_KEY,
    sessionToken: env.AWS_SESSION_TOKEN || undefined,
    service: "dynamodb",
    region: env.DYNAMODB_REGION,
    cache: signingKeys,
    // The client tries again, when it has been told.
    retries: 0,
  });
  const ending = new AbortController();
  const timer = setTimeout(() => ending.abort(new Error("no answer from DynamoDB")), LONGEST_MS);
  const request = async (action, content) => {
    const response = await client.fetch(endpointOf(env), {
      method: "POST",
      headers: {
        "Content-Type": "application/x-amz-json-1.0",
        "X-Amz-Target": `DynamoDB_20120810.${action}`,
      },
      body: JSON.stringify(content),
      signal: ending.signal,
    });
    if (response.ok) return response.json();
    throw new Refusal(response.status, await response.json().catch(() => ({})));
  };
  try {
    return await ask(request, ({ name }) => `${env.DYNAMODB_TABLE_PREFIX ?? ""}${name}`);
  } finally {
    clearTimeout(timer);
  }
}

/** Long enough for another request to end, and never as long as that of another who waits for the same. */
export function pause() {
  return new Promise((resolve) => setTimeout(resolve, 20 + Math.random() * 80));
}
