// Requests to DynamoDB from this machine: for migrations, and for tests that look into tables.

import { AwsClient } from "aws4fetch";

export interface Access {
  endpoint: string;
  region: string;
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string | undefined;
}

/** To a region, or to the URL of another endpoint, with the access key and the prefix that the environment has. */
export function accessAt(where: string): { access: Access; prefix: string } {
  const {
    AWS_REGION: region = "us-east-1",
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
    DYNAMODB_TABLE_PREFIX: prefix = "",
  } = process.env;
  if (!accessKeyId || !secretAccessKey)
    throw new Error("AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are needed.");
  const key = { accessKeyId, secretAccessKey, sessionToken };
  if (/^https?:/.test(where)) return { access: { endpoint: where, region, ...key }, prefix };
  const endpoint = `https://dynamodb.${where}.amazonaws.com`;
  return { access: { endpoint, region: where, ...key }, prefix };
}

/** What DynamoDB's JSON has: `{"S": "text"}`. */
export type Item = Record<string, { S?: string; N?: string }>;

export class DynamodbError extends Error {}

/** A function that sends requests. One that is refused throws. */
export function requestsTo({ endpoint, ...access }: Access) {
  const client = new AwsClient({ ...access, service: "dynamodb", retries: 3 });
  return async <T = Record<string, unknown>>(action: string, content: object): Promise<T> => {
    const response = await client.fetch(endpoint, {
      method: "POST",
      headers: {
        "Content-Type": "application/x-amz-json-1.0",
        "X-Amz-Target": `DynamoDB_20120810.${action}`,
      },
      body: JSON.stringify(content),
    });
    const text = await response.text();
    if (!response.ok) throw new DynamodbError(`${action}: ${response.status} ${text}`);
    return JSON.parse(text) as T;
  };
}

export type Requests = ReturnType<typeof requestsTo>;
