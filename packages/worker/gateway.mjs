// edge-idempotency gateway <url>: serves http://localhost:8000 in front of the API at <url>.

import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { say, stop } from "./build/shell.mjs";

const PACKAGE = import.meta.dirname;

/** Where what is served is put together, in the folder that the command is run in. */
const FOLDER = ".edge-idempotency";

const USE =
  "Use: edge-idempotency gateway <url> [--port <port>], with the URL of your API, such as http://localhost:3000";

export function serveGateway(args) {
  const port = args.includes("--port") ? args[args.indexOf("--port") + 1] : "8000";
  const url = urlOf(args[0]);
  mkdirSync(FOLDER, { recursive: true });
  const write = (name, text) => writeFileSync(join(FOLDER, name), text);
  write("gateway.jsonc", policyFor(url));
  write(
    "entry.js",
    entryFrom(JSON.stringify(join(PACKAGE, "index.js")), JSON.stringify(join(PACKAGE, "wasm/index.js"))),
  );
  write("wrangler.jsonc", JSON.stringify(CONFIGURATION, undefined, 2));
  // No deployment reads it: where anybody is a caller, and faults can be asked for.
  write(".dev.vars", "AUTH=off\nFAULT_INJECTION=on\n");
  say(
    `http://localhost:${port} is in front of ${url}: each POST and PATCH with an Idempotency-Key happens once.`,
  );
  say(
    `http://localhost:${port}/dashboard shows what happens. The policy is ${resolve(FOLDER, "gateway.jsonc")}.`,
  );
  const options = ["dev", "--config", join(FOLDER, "wrangler.jsonc"), "--port", port];
  const env = { ...process.env, CLOUDFLARE_CF_FETCH_ENABLED: "false" };
  const { status } = spawnSync(process.execPath, [wrangler(), ...options], { stdio: "inherit", env });
  process.exitCode = status ?? 1;
}

/** The URL without a slash at its end; http is for this machine alone. */
function urlOf(text) {
  const url = URL.canParse(text) ? new URL(text) : stop(USE);
  const isOwn = ["localhost", "127.0.0.1", "[::1]"].includes(url.hostname);
  if (url.protocol !== "https:" && !(url.protocol === "http:" && isOwn))
    stop(`The API's URL must be https, or http on this machine; this is ${text}.`);
  return `${url.origin}${url.pathname.replace(/\/$/, "")}`;
}

function policyFor(url) {
  const route = (path) =>
    `{ "match": { "path": "${path}" }, "upstream": "api", "caller": "header:Authorization", "key": { "required": false } }`;
  return `{
  "upstreams": { "api": { "url": ${JSON.stringify(url)} } },
  // Each POST and PATCH with a key is protected. A key belongs to who sends the same Authorization.
  "routes": [
    ${route("/")},
    ${route("/{*rest}")}
  ],
  // Everything else passes untouched.
  "default": { "pass": "api" }
}
`;
}

/** The module that the platform loads; the two names are JavaScript's literals. */
function entryFrom(glue, wasm) {
  return `import { gateway } from ${glue};
import * as rust from ${wasm};
import policy from "./gateway.jsonc";

const { handler, Coordinator, Telemetry } = gateway(rust, policy);

export default handler;
export { Coordinator, Telemetry };
`;
}

const CONFIGURATION = {
  name: "edge-idempotency-gateway",
  main: "entry.js",
  compatibility_date: "2026-10-01",
  rules: [{ type: "Text", globs: ["**/*.jsonc"], fallthrough: false }],
  observability: { enabled: true },
  durable_objects: {
    bindings: [
      { name: "COORDINATOR", class_name: "Coordinator" },
      { name: "TELEMETRY", class_name: "Telemetry" },
    ],
  },
  migrations: [{ tag: "v1", new_sqlite_classes: ["Coordinator", "Telemetry"] }],
  kv_namespaces: [{ binding: "REPLAYS" }],
  // The dashboard.
  assets: {
    directory: join(PACKAGE, "public"),
    binding: "ASSETS",
    run_worker_first: true,
    html_handling: "none",
  },
};

function wrangler() {
  const near = createRequire(join(process.cwd(), "package.json"));
  const own = createRequire(import.meta.url);
  for (const require of [near, own]) {
    try {
      return join(dirname(require.resolve("wrangler/package.json")), "bin/wrangler.js");
    } catch {
      // It may be the other one's.
    }
  }
  return stop("wrangler is missing. Run: npm install wrangler");
}
