// That the description at /openapi.json is true, and that nothing is left out.

import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import {
  AUDIT_LOG,
  AUDIT_LOGS,
  type Answer,
  type Call,
  newKey,
  RESOURCES,
  serve,
  TRANSACTIONS,
} from "../harness/client.ts";
import { deviations, operations, paths, text } from "../harness/description.ts";

const ORIGIN = "https://shop.example";
const api = serve({ CORS_ALLOWED_ORIGINS: ORIGIN, START_PAGE: "on" });
const withoutPage = serve();
const BROWSER = { Accept: "text/html" };
const PACKED = { "Content-Type": "application/json", "Content-Encoding": "gzip" };
const run = (command: string) => promisify(execFile)("bash", ["-c", command], { maxBuffer: 1 << 24 });

describe("the description", () => {
  test("is served as it is kept, and nobody has to say who asks", async () => {
    const answer = await api.call("/openapi.json");

    expect(answer.status).toBe(200);
    expect(answer.headers.get("Content-Type")).toMatch(/^application\/json/);
    expect(answer.text).toBe(text);
  });

  test.each([
    "/openapi.json",
    "/docs",
    "/docs/page.js",
    "/docs/page.css",
    "/start/page.js",
    "/start/page.css",
  ])("is not sent again to whoever has it: %s", async (path) => {
    const first = await api.call(path);
    const headers = { "If-None-Match": first.headers.get("ETag")! };

    const again = await api.call(path, { headers });
    const outdated = await api.call(path, { headers: { "If-None-Match": '"another"' } });

    expect([again.status, again.text]).toEqual([304, ""]);
    expect(outdated.text).toBe(first.text);
  });

  test("has the routes that the contract has, and the contract those that it has", async () => {
    const contract = await readFile(join(import.meta.dirname, "../../docs/http.md"), "utf8");
    const rows = contract.matchAll(/^\| (GET|POST) `([^`]+)` \|/gm);

    const documented = [...rows].map(([, method, path]) => `${method} ${path}`);

    expect(documented.sort()).toEqual(operations.map(({ method, path }) => `${method} ${path}`).sort());
  });
});

describe("a path takes the methods that are described, and HEAD and OPTIONS", () => {
  test.each(paths)("%s", async (path) => {
    const described = operations.filter((operation) => operation.path === path).map(({ method }) => method);
    const implied = described.includes("GET") ? ["HEAD", "OPTIONS"] : ["OPTIONS"];
    const place = path.replace("{slug}", "forbidden").replace(/\{\w+\}/, newKey());

    const answer = await api.call(place, { method: "OPTIONS" });
    const others = ["GET", "POST", "PUT", "PATCH", "DELETE"].filter((method) => !described.includes(method));
    const refused = await Promise.all(others.map((method) => api.call(place, { method })));

    expect(answer.headers.get("Allow")!.split(", ").sort()).toEqual([...described, ...implied].sort());
    expect(refused.map(({ status }) => status)).toEqual(others.map(() => 405));
  });
});

describe("an example", () => {
  const runnable = operations.filter(({ command }) => command);

  test.each(runnable)("runs as printed, and again: $name", async ({ name }) => {
    if (name === "look_up_key") await run(commandOf("create_resource"));

    const printed = [await run(commandOf(name)), await run(commandOf(name))];

    for (const { stdout } of printed) expect(stdout).toMatch(/^HTTP\/1.1 20[01] /);
  });

  test("is there for every operation that needs nothing to be made before", () => {
    const others = operations.filter(({ command }) => !command).map(({ name }) => name);

    expect(others).toEqual(["read_resource", "read_transaction", "resolve_key", "watch_live"]);
  });
});

/** Calls that together get most of the answers that there are. */
const CALLS: [operation: string, what: string, call: () => Promise<Answer>][] = [
  ["create_resource", "a first request", () => api.create(newKey())],
  ["create_resource", "a replay", () => twice({})],
  ["create_resource", "a mismatch", () => twice({ payload: { name: "another" } })],
  [
    "create_resource",
    "a mismatch by the draft",
    () => twice({ payload: { name: "b" }, standardKey: "same" }),
  ],
  ["create_resource", "a conflict", conflict],
  ["create_resource", "no key", () => api.call(RESOURCES, { method: "POST", payload: {} })],
  ["create_resource", "no UUID", () => api.create("no-key")],
  ["create_resource", "malformed JSON", () => api.create(newKey(), { payload: "{" })],
  ["create_resource", "a broken rule", () => api.create(newKey(), { payload: {} })],
  [
    "create_resource",
    "another type",
    () => api.create(newKey(), { headers: { "Content-Type": "text/plain" } }),
  ],
  ["create_resource", "an encoded content", () => api.create(newKey(), { headers: PACKED })],
  ["create_resource", "no content", () => api.create(newKey(), { payload: "" })],
  [
    "create_resource",
    "too much",
    () => api.create(newKey(), { payload: `{"name":"${"x".repeat(300_000)}"}` }),
  ],
  ["create_resource", "a failure", () => api.create(newKey(), { fault: "fail-before" })],
  ["create_resource", "a crash", () => api.create(newKey(), { fault: "abort-before" })],
  ["create_resource", "a panic", () => api.create(newKey(), { fault: "panic" })],
  [
    "create_resource",
    "no bearer token",
    () => api.create(newKey(), { headers: { Authorization: "Basic YTpi" } }),
  ],
  ["create_resource", "another method", () => api.call(RESOURCES, { method: "DELETE" })],
  ["create_resource", "a field too long", () => api.create(newKey(), { headers: tooLong("Prefer") })],
  ["create_transaction", "a first request", () => api.post(TRANSACTIONS, newKey())],
  ["create_audit_log", "a first request", () => api.post(AUDIT_LOG, newKey())],
  ["read_resource", "what is there", read],
  ["read_resource", "what is not there", () => api.call(`${RESOURCES}/none`)],
  ["read_transaction", "what is not there", () => api.call(`${TRANSACTIONS}/none`)],
  ["list_audit_logs", "all", () => api.call(AUDIT_LOGS)],
  ["list_audit_logs", "a wrong query", () => api.call(`${AUDIT_LOGS}?limit=0`)],
  ["look_up_key", "a key that is not there", () => api.status(newKey())],
  ["resolve_key", "a key that is forgotten", () => resolve({ as: "forgotten" })],
  ["resolve_key", "a key that is not ambiguous", () => resolve({ as: "failed" })],
  ["resolve_key", "a broken rule", () => resolve({ as: "completed" })],
  ["resolve_key", "malformed JSON", () => resolve("[")],
  ["resolve_key", "another type", () => resolve("x", { "Content-Type": "text/plain" })],
  ["resolve_key", "another origin", () => resolve({ as: "failed" }, { Origin: "https://evil.example" })],
  ["resolve_key", "too much", () => resolve(`"${"x".repeat(300_000)}"`)],
  ["resolve_key", "a key that is not there", () => api.call(resolution(newKey()), { method: "POST" })],
  ["show_example", "it", () => api.call("/api/v1/operations/idempotency-example")],
  ["say_what_this_is", "a browser", () => api.call("/", { headers: BROWSER })],
  ["say_what_this_is", "a browser that has it", () => again("/")],
  ["say_what_this_is", "a browser, without START_PAGE", () => withoutPage.call("/", { headers: BROWSER })],
  ["say_what_this_is", "another client", () => api.call("/")],
  ["say_what_this_is", "a field too long", () => api.call("/", { headers: tooLong("Accept") })],
  ["load_start_script", "it", () => api.call("/start/page.js")],
  ["load_start_script", "it, without START_PAGE", () => withoutPage.call("/start/page.js")],
  ["load_start_style", "it", () => api.call("/start/page.css")],
  ["check_health", "it", () => api.call("/health")],
  ["check_health", "another method", () => api.call("/health", { method: "PUT" })],
  ["explain_problem", "one", () => api.call("/problems/forbidden")],
  ["explain_problem", "none", () => api.call("/problems/none")],
  ["describe_api", "it", () => api.call("/openapi.json")],
  [
    "describe_api",
    "a field too long",
    () => api.call("/openapi.json", { headers: tooLong("If-None-Match") }),
  ],
  ["read_docs", "it", () => api.call("/docs")],
  ["read_docs", "it, for a browser that has it", () => again("/docs")],
  ["load_docs_script", "it", () => api.call("/docs/page.js")],
  ["load_docs_style", "it", () => api.call("/docs/page.css")],
];

describe("an answer has the status, the fields and the problem that are described, and no others", () => {
  test.each(CALLS)("%s: %s", async (operation, _, call) => {
    expect(deviations(operation, await call())).toEqual([]);
  });

  test("also to a page of another origin", async () => {
    const headers = { Origin: ORIGIN };

    const answers = [
      deviations("create_resource", await api.create(newKey(), { headers })),
      deviations("read_resource", await api.call(`${RESOURCES}/none`, { headers })),
      deviations("describe_api", await api.call("/openapi.json", { headers })),
    ];

    expect(answers).toEqual([[], [], []]);
  });
});

/** What a browser gets that has the page already. */
async function again(path: string) {
  const { headers } = await api.call(path, { headers: BROWSER });
  return api.call(path, { headers: { ...BROWSER, "If-None-Match": headers.get("ETag")! } });
}

async function twice({ standardKey, ...call }: Call) {
  const key = newKey();
  await api.create(key);
  return api.create(key, { ...call, ...(standardKey !== undefined && { standardKey: key }) });
}

async function resolve(payload: unknown, headers = {}) {
  const key = newKey();
  await api.create(key);
  return api.call(resolution(key), { method: "POST", payload, headers });
}

function resolution(key: string) {
  return `/api/v1/operations/idempotency/${key}/resolution`;
}

async function conflict() {
  const key = newKey();
  const first = api.create(key, { fault: "delay=2000" });
  await api.isRunning(key);
  const second = await api.create(key);
  await first;
  return second;
}

async function read() {
  const { headers } = await api.create(newKey());
  return api.call(headers.get("Location")!);
}

function tooLong(field: string) {
  return { [field]: "x".repeat(9000) };
}

function commandOf(operation: string) {
  const { command } = operations.find(({ name }) => name === operation)!;
  return command!.replaceAll("http://localhost:8000", api.server.address.origin);
}
