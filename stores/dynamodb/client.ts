// Requests to DynamoDB from this machine: for migrations, and for tests that look into tables.

import { AwsClient } from "aws4fetch";

export interface Access {
  endpoint: string;
  region: string;
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string | undefined;
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
