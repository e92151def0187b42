// The variables that DynamoDB's store reads.

/** In bytes: of DynamoDB's 400 KB for an item, what is left for that which is not from the body of a request. */
const MAX_CONTENT_BYTES = 393_216;

const PATTERNS = {
  DYNAMODB_REGION: [/^[a-z]{2,8}(-[a-z]+)+-\d$/, "the name of an AWS region, such as eu-central-1"],
  DYNAMODB_TABLE_PREFIX: [/^[\w.-]{0,100}$/, "absent, or at most 100 of A-Z a-z 0-9 . _ -"],
  AWS_ACCESS_KEY_ID: [/^\w{16,128}$/, "the id of an AWS access key"],
  AWS_SECRET_ACCESS_KEY: [/^\S{16,}$/, "the secret of the access key in AWS_ACCESS_KEY_ID"],
  AWS_SESSION_TOKEN: [/^\S*$/, "absent, or the session token of a temporary access key"],
};

/** The first variable that is not as it must be, and what it must be. */
export function wrongVariable(env) {
  for (const [name, [pattern, rule]] of Object.entries(PATTERNS)) {
    const value = env[name] ?? "";
    if (typeof value !== "string" || !pattern.test(value)) return [name, rule];
  }
  if (!isOrigin(env.DYNAMODB_ENDPOINT))
    return ["DYNAMODB_ENDPOINT", "absent, or http:// or https:// and a host, without a path"];
  if (Number(env.MAX_CONTENT_BYTES ?? 0) > MAX_CONTENT_BYTES)
    return ["MAX_CONTENT_BYTES", `at most ${MAX_CONTENT_BYTES} where operations write to DynamoDB`];
  return null;
}

/** Where requests are sent. */
export function endpointOf({ DYNAMODB_ENDPOINT: endpoint, DYNAMODB_REGION: region }) {
  return endpoint || `https://dynamodb.${region}.amazonaws.com`;
}

function isOrigin(text) {
  if (text === undefined || text === "") return true;
  if (typeof text !== "string" || !/^https?:/.test(text) || !URL.canParse(text)) return false;
  return new URL(text).origin === text;
}
