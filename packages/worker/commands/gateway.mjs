// edge-idempotency gateway: serves http://localhost:8000 in front of an API.

import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, watchFile, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { say, stop } from "../build/shell.mjs";
import { parsed } from "./arguments.mjs";
import { check, checkInFrontOf, POLICY, textOf, urlOf } from "./policy.mjs";
import { table } from "./table.mjs";

const PACKAGE = join(import.meta.dirname, "..");

/** Where what is served is put together, in the folder that the command is run in. */
const FOLDER = ".edge-idempotency";

const USAGE =
  "edge-idempotency gateway [<url>] [--policy <file>] [--port <port>], with the URL of your API, such as http://localhost:3000";

/** In milliseconds. Editors replace files in ways of which no system tells reliably, so the file is looked at. */
const LOOK_EACH_MS = 300;

export async function serveGateway(args) {
  const { url, policy, port } = read(args);
  mkdirSync(FOLDER, { recursive: true });
  const write = (name, text) => writeFileSync(join(FOLDER, name), text);
  if (policy === undefined) write(POLICY, policyFor(url));
  const file = policy ?? join(FOLDER, POLICY);
  const checked = (text) => servable(text, policy === undefined ? undefined : url);
  const { text, outline, wrong } = await checked(textOf(file));
  if (wrong !== undefined) stop(`${file}: ${wrong}`);

  write("entry.js", entryFor(text));
  write("wrangler.jsonc", JSON.stringify(CONFIGURATION, undefined, 2));
  write(".dev.vars", variables());
  write(".gitignore", "*\n");
  say(
    `http://localhost:${port}, by the policy in ${file}; http://localhost:${port}/dashboard shows what happens.`,
  );
  if (policy === undefined) say("For a policy of your own: npx edge-idempotency init");
  console.log(`\n${table(outline)}\n`);
  onChange(file, checked, (text) => write("entry.js", entryFor(text)));
  process.exitCode = await wranglerDev(port);
  process.exit();
}

function read(args) {
  const options = { policy: { type: "string" }, port: { type: "string", default: "8000" } };
  const { url, policy, port } = parsed(args, USAGE, ["url"], options);
  const there = policy ?? (existsSync(POLICY) ? POLICY : undefined);
  if (url === undefined && there === undefined)
    stop(`There is no ${POLICY} here, so a URL is needed.\nUsage: ${USAGE}`);
  return { url: url === undefined ? undefined : urlOf(url), policy: there, port };
}

function policyFor(url) {
  const route = (path) =>
    `{ "match": { "path": "${path}" }, "upstream": "api", "caller": "header:Authorization", "key": { "required": false } }`;
  return `// Written anew at each start. \`npx edge-idempotency init\` writes one that stays, as ./${POLICY}.
{
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

/** The policy in `text`, with the API at `url` if there is one, or why this command cannot serve it. */
async function servable(text, url) {
  const policy = await (url === undefined ? check(text) : checkInFrontOf(text, url));
  const bound = policy.outline?.upstreams.find(({ binding }) => binding !== null);
  if (bound === undefined) return policy;
  const rule = "is a service binding, which only your wrangler.toml knows. Serve it with: npx wrangler dev";
  return { wrong: `upstreams.${bound.name}.binding ${rule}` };
}

/** The module that the platform loads. */
function entryFor(policy) {
  return `import { gateway } from ${JSON.stringify(join(PACKAGE, "gateway.js"))};

const { handler, Coordinator, Telemetry } = gateway(${JSON.stringify(policy)});

export default handler;
export { Coordinator, Telemetry };
`;
}

/** No deployment reads them: anybody is a caller, and faults can be asked for. Your own come last, and win. */
function variables() {
  const own = existsSync(".dev.vars") ? readFileSync(".dev.vars", "utf8") : "";
  return `AUTH=off\nFAULT_INJECTION=on\n${own}`;
}

const CONFIGURATION = {
  name: "edge-idempotency-gateway",
  main: "entry.js",
  compatibility_date: "2026-10-01",
  send_metrics: false,
  observability: { enabled: true, traces: { enabled: true } },
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

/** Has `serve` serve the policy in `file` whenever it has changed and is right. */
function onChange(file, checked, serve) {
  watchFile(file, { interval: LOOK_EACH_MS }, async () => {
    if (!existsSync(file)) return;
    const { text, outline, wrong } = await checked(readFileSync(file, "utf8"));
    if (wrong !== undefined) {
      console.error(`\n${file}: ${wrong}\nThe policy from before is still served.\n`);
      return;
    }
    serve(text);
    say(`${file} has changed, and is served:`);
    console.log(`\n${table(outline)}\n`);
  });
}

/** Serves until it is stopped; returns its status. */
async function wranglerDev(port) {
  const options = ["dev", "--config", join(FOLDER, "wrangler.jsonc"), "--port", port];
  const env = { ...process.env, CLOUDFLARE_CF_FETCH_ENABLED: "false" };
  const child = spawn(process.execPath, [wrangler(), ...options], { stdio: "inherit", env });
  // Ctrl-C reaches both; wrangler is left the time to end in its own way.
  process.on("SIGINT", () => {});
  process.on("SIGTERM", () => child.kill());
  return new Promise((resolve) => child.once("exit", (status) => resolve(status ?? 1)));
}

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
