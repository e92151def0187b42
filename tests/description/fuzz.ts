// npm run fuzz:api [-- <options of Schemathesis>]
//
// Reads the description of the API and sends the local server whatever it allows, and what it does not: at least a
// thousand requests, the same ones each time. No answer may be a server error, have a status, a header field or content
// that is not described, accept what is not allowed or refuse what is, let in who is nobody, or show one caller what
// another made.

import { createHash } from "node:crypto";
import { join } from "node:path";
import { startServer } from "../harness/server.ts";
import auth from "./auth.json" with { type: "json" };
import { schemathesis } from "./schemathesis.ts";

const DESCRIPTION = join(import.meta.dirname, "../../assets/openapi.json");

/** Fewer would mean that something kept most of the API from being tested. */
const FEWEST_CASES = 1000;

const server = await startServer({ AUTH: "on", API_TOKENS: JSON.stringify(tokens()), START_PAGE: "on" });
try {
  const target = { description: DESCRIPTION, url: server.address.href, settings: "schemathesis.toml" };
  const { status, report } = await schemathesis(target);
  const { test_cases, operations } = report;
  console.log(
    `${operations.tested} operations, ${test_cases.generated} cases, ${test_cases.unique_failures} failures`,
  );
  const tested = operations.tested === operations.total && test_cases.generated >= FEWEST_CASES;
  if (!tested) console.log(`Every operation and at least ${FEWEST_CASES} cases are to be tested.`);
  process.exitCode = status === 0 && tested ? 0 : 1;
} finally {
  await server.stop();
}

/** What the service is to know of the tokens in auth.json. The caller that sends most sees what operators see. */
function tokens() {
  return auth.auth.map(({ name, fixedHeaders }) => {
    const token = fixedHeaders[0]!.value.replace("Bearer ", "");
    const role = name === "shop" ? "operator" : "client";
    return { client: name, role, sha256: createHash("sha256").update(token).digest("hex") };
  });
}
