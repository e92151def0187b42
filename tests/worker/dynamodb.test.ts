// DynamoDB's store, without DynamoDB: how its requests are signed, and what it makes of answers that no server of this
// machine gives.

import { createHash, createHmac } from "node:crypto";
import { AwsV4Signer } from "aws4fetch";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { dynamodb } from "../../packages/worker/stores/dynamodb.js";
import { type Received, Upstream } from "../harness/upstream.ts";

const EXAMPLE = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY" };

const TABLE = {
  name: "notes",
  columns: [
    { name: "id", kind: "id" as const },
    { name: "text", kind: "text" as const },
  ],
};
const LISTED = {
  name: "events",
  columns: [
    { name: "text", kind: "text" as const },
    { name: "at", kind: "order" as const },
  ],
};
const NOTE = [1_790_000_000_000, "op-1", "ada", "n1", "a note"];
const EVENT = [1_790_000_000_000, "op-1", "ada", "an event", "2026"];
const LIST = ["ada", 2, 0, 1000, null, null];

let aws: Upstream;
let env: Record<string, string>;
beforeEach(async () => {
  aws = new Upstream();
  env = {
    DYNAMODB_REGION: "us-east-1",
    DYNAMODB_ENDPOINT: await aws.start(),
    AWS_ACCESS_KEY_ID: "AKIAIOSFODNN7EXAMPLE",
    AWS_SECRET_ACCESS_KEY: EXAMPLE.secretAccessKey,
  };
});
afterEach(() => aws.stop());

describe("a signature", () => {
  const form = { "Content-Type": "application/x-www-form-urlencoded" };
  const target = {
    "Content-Type": "application/x-amz-json-1.0",
    "X-Amz-Target": "DynamoDB_20120810.GetItem",
  };
  const body = '{"TableName":"resources","Key":{"caller":{"S":"café"}}}';

  // The first three are of AWS's test suite. The others are what AWS's SDK for Python, botocore 1.43, signs.
  test.each([
    ["service", "GET", {}, "", {}, "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"],
    ["service", "POST", {}, "", {}, "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"],
    [
      "service",
      "POST",
      form,
      "Param1=value1",
      {},
      "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
    ],
    [
      "dynamodb",
      "POST",
      target,
      body,
      {},
      "60cf20122d858f5300b03589f9b5d700d1720a4fcd1b7afba8641b31742716bc",
    ],
    [
      "dynamodb",
      "POST",
      target,
      body,
      { sessionToken: "a-session-token" },
      "b2f3f2c6bb810b5ffcc68fbf0c0338be9e4a0038ffe3bcd49f5ce5b9c86ca32e",
    ],
  ])("is the published one: %s %s %j %s", async (service, method, headers, body, token, signature) => {
    const host = service === "service" ? "example" : "dynamodb.us-east-1";
    const signer = new AwsV4Signer({
      ...EXAMPLE,
      ...token,
      url: `https://${host}.amazonaws.com/`,
      method,
      headers: headers as Record<string, string>,
      body,
      service,
      region: "us-east-1",
      datetime: "20150830T123600Z",
      allHeaders: true,
    });

    const { headers: signed } = await signer.sign();

    expect(signed.get("Authorization")).toMatch(/Signature=(\w+)$/);
    expect(signed.get("Authorization")).toContain(`Signature=${signature}`);
  });

  test.each([
    ["", "host;x-amz-date;x-amz-target"],
    ["a-session-token", "host;x-amz-date;x-amz-security-token;x-amz-target"],
  ])("of a request, with the session token %j, is what the documented steps give", async (token, names) => {
    env["AWS_SESSION_TOKEN"] = token;
    next([200, {}]);

    await dynamodb.find(env, TABLE, ["ada", "café"]);

    const [request] = aws.received;
    const { authorization = "" } = request!.fields;
    expect(authorization).toContain(`SignedHeaders=${names}, Signature=`);
    expect(authorization.split("Signature=")[1]).toBe(signatureOf(request!, names));
    expect(request!.fields).toMatchObject({
      "content-type": "application/x-amz-json-1.0",
      "x-amz-target": "DynamoDB_20120810.GetItem",
    });
  });
});

describe("a variable", () => {
  test.each([
    ["DYNAMODB_REGION", "Frankfurt"],
    ["DYNAMODB_REGION", 1],
    ["DYNAMODB_ENDPOINT", "dynamodb.eu-central-1.amazonaws.com"],
    ["DYNAMODB_ENDPOINT", "https://dynamodb.eu-central-1.amazonaws.com/"],
    ["DYNAMODB_ENDPOINT", "ftp://127.0.0.1"],
    ["DYNAMODB_TABLE_PREFIX", "shop/"],
    ["AWS_ACCESS_KEY_ID", ""],
    ["AWS_ACCESS_KEY_ID", undefined],
    ["AWS_SECRET_ACCESS_KEY", ""],
    ["AWS_SECRET_ACCESS_KEY", null],
    ["AWS_SESSION_TOKEN", "of two words"],
    ["MAX_CONTENT_BYTES", 393_217],
  ])("that the store cannot work with is named: %s=%j", (name, value) => {
    expect(dynamodb.wrong({ ...env, [name]: value })?.[0]).toBe(name);
  });

  test.each([
    ["DYNAMODB_REGION", "us-gov-west-1"],
    ["DYNAMODB_ENDPOINT", ""],
    ["DYNAMODB_ENDPOINT", "https://vpce-1.dynamodb.eu-central-1.vpce.amazonaws.com"],
    ["DYNAMODB_TABLE_PREFIX", "shop-1."],
    ["AWS_SESSION_TOKEN", "IQoJb3JpZ2luX2VjEA=="],
    ["MAX_CONTENT_BYTES", "393216"],
  ])("that it can work with is taken: %s=%j", (name, value) => {
    expect(dynamodb.wrong({ ...env, [name]: value })).toBeNull();
  });
});

describe("a row that has an id", () => {
  const CONFLICT = cancelled("TransactionConflict", "None");

  test("is written once its operation's other attempt is out of the way", async () => {
    next(CONFLICT, cancelled("None", "TransactionConflict"), CONFLICT, [200, {}]);

    const row = await dynamodb.insertOnce(env, TABLE, NOTE);

    expect(row).toEqual({ id: "n1", text: "a note" });
    expect(new Set(aws.received.map(({ body }) => `${body}`)).size).toBe(1);
    expect(aws.received).toHaveLength(4);
  });

  test("is the one that is there, if another attempt has written it", async () => {
    const Item = { text: { S: "first" }, id: { S: "n0" } };
    next(CONFLICT, cancelled({ Code: "ConditionalCheckFailed", Item }, "None"));

    const row = await dynamodb.insertOnce(env, TABLE, NOTE);

    expect(row).toEqual({ id: "n0", text: "first" });
  });

  test("is not written if another operation's row has the id", async () => {
    next(
      cancelled("TransactionConflict", "ConditionalCheckFailed"),
      cancelled("None", "ConditionalCheckFailed"),
    );

    const row = await dynamodb.insertOnce(env, TABLE, NOTE);

    expect(row).toBeNull();
    expect(aws.received).toHaveLength(2);
  });

  test("is not asked for where no id can be so long", async () => {
    expect(await dynamodb.find(env, TABLE, ["ada", "ü".repeat(511)])).toBeNull();
    expect(aws.received).toHaveLength(0);
  });
});

describe("a request that DynamoDB refuses", () => {
  test.each<[string, Answer]>([
    ["ThrottlingException: slow down", refused("ThrottlingException", "slow down")],
    ["ProvisionedThroughputExceededException", refused("ProvisionedThroughputExceededException")],
    ["TransactionCanceledException", cancelled("ThrottlingError", "None")],
    ["TransactionCanceledException", cancelled("TransactionConflict", "ValidationError")],
    ["500", [500, "<html>"]],
  ])("fails, and is not repeated: %s", async (reason, answer) => {
    next(answer);

    await expect(dynamodb.insertOnce(env, TABLE, NOTE)).rejects.toThrow(reason);

    expect(aws.received).toHaveLength(1);
  });

  test("does not have logged what was signed", async () => {
    next(
      refused("InvalidSignatureException", "Not ours.\n\nIt should be\n'POST\nx-amz-security-token:secret"),
    );

    await expect(dynamodb.find(env, TABLE, ["ada", "n1"])).rejects.toThrow(
      /^InvalidSignatureException: Not ours\.$/,
    );
  });

  test("in words that are cut off has not answered", async () => {
    next([200, '{"Item": {'], [200, '{"Item": {']);

    await expect(dynamodb.find(env, TABLE, ["ada", "n1"])).rejects.toThrow();
    await expect(dynamodb.insertOnce(env, TABLE, NOTE)).rejects.toThrow();
  });

  test("for its condition has the row that is there", async () => {
    const Item = { text: { S: "first" }, at: { S: "2025" } };
    const [status, answer] = refused("ConditionalCheckFailedException");
    next([status, { ...(answer as object), Item }]);

    expect(await dynamodb.insertOnce(env, LISTED, EVENT)).toEqual({ text: "first", at: "2025" });
  });
});

describe("a list", () => {
  const key = (n: number) => ({ S: `op#${n}` });
  const entry = (n: number) => ({
    "item-key": key(n),
    "item-bytes": { N: "400" },
    "by-at": { S: `${n}\0 ${n}` },
  });
  const item = (n: number) => ({ "item-key": key(n), text: { S: `event ${n}` }, at: { S: `${n}` } });

  test("goes on where DynamoDB stopped, in its index and in what was asked for", async () => {
    const left = { "test.events": { Keys: [{ caller: { S: "ada" }, "item-key": key(9) }] } };
    env["DYNAMODB_TABLE_PREFIX"] = "test.";
    next(
      [200, { Items: [entry(9)], LastEvaluatedKey: { caller: { S: "ada" } } }],
      [200, { Items: [entry(8), entry(7)] }],
      [200, { Responses: { "test.events": [item(8)] }, UnprocessedKeys: left }],
      [200, { Responses: { "test.events": [item(9)] }, UnprocessedKeys: {} }],
    );

    const [rows, place] = await dynamodb.list(env, LISTED, LIST);

    expect(rows.map(({ text }) => text)).toEqual(["event 9", "event 8"]);
    expect(place).toBe("8_8");
    expect(sent(1)["ExclusiveStartKey"]).toEqual({ caller: { S: "ada" } });
    expect(sent(3)["RequestItems"]).toEqual(left);
  });

  test("has a row that is too long for a page by itself, and leaves out one that is deleted meanwhile", async () => {
    next(
      [200, { Items: [{ ...entry(9), "item-bytes": { N: "5000" } }, entry(8)] }],
      [200, { Responses: { events: [] }, UnprocessedKeys: {} }],
    );

    expect(await dynamodb.list(env, LISTED, LIST)).toEqual([[], "9_9"]);
  });
});

type Answer = [status: number, content: object | string];

/** What comes next. */
function next(...answers: Answer[]) {
  const replies = answers.map(([status, content]) => ({
    status,
    body: typeof content === "string" ? content : JSON.stringify(content),
  }));
  aws.next.set("/", replies);
}

function refused(code: string, message = ""): Answer {
  return [400, { __type: `com.amazonaws.dynamodb.v20120810#${code}`, message }];
}

function cancelled(...reasons: (string | { Code: string; Item: object })[]): Answer {
  const [status, answer] = refused("TransactionCanceledException");
  const CancellationReasons = reasons.map((reason) =>
    typeof reason === "string" ? { Code: reason } : reason,
  );
  return [status, { ...(answer as object), CancellationReasons }];
}

function sent(n: number): Record<string, unknown> {
  return JSON.parse(`${aws.received[n]!.body}`);
}

/** By the steps of "Create a signed AWS API request" in the IAM User Guide. */
function signatureOf({ method, url, fields, body }: Received, names: string): string {
  const hash = (data: string | Buffer) => createHash("sha256").update(data).digest("hex");
  const hmac = (key: string | Buffer, data: string) => createHmac("sha256", key).update(data).digest();
  const headers = names.split(";").map((name) => `${name}:${fields[name]}\n`);
  const canonical = [method, url, "", headers.join(""), names, hash(body)].join("\n");
  const time = String(fields["x-amz-date"]);
  const scope = [time.slice(0, 8), "us-east-1", "dynamodb", "aws4_request"];
  const text = ["AWS4-HMAC-SHA256", time, scope.join("/"), hash(canonical)].join("\n");
  const key = scope.reduce<string | Buffer>(hmac, `AWS4${EXAMPLE.secretAccessKey}`);
  return hmac(key, text).toString("hex");
}
