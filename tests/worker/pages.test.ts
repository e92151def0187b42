// What the service says of itself: how to use it, whether it is up, what its problems mean.

import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { RESOURCES, serve, TRANSACTIONS } from "../harness/client.ts";

const api = serve({ IDEMPOTENCY_TTL_SECONDS: "7200" });
const checked = serve({ AUTH: "on" });
const started = serve({ START_PAGE: "on" });
const run = promisify(execFile);

describe("the example page", () => {
  const PAGE = "/api/v1/operations/idempotency-example";

  test("describes the header, its format, how long it counts and what happens", async () => {
    const { status, json } = await api.call(PAGE);

    expect(status).toBe(200);
    expect(json.header).toBe("X-Idempotency-Key");
    expect(json.format).toMatch(/UUID/);
    expect(json.ttl).toContain("7200");
    expect(json.description).toMatch(/\w/);
    for (const arrival of ["first_request", "duplicate_request", "different_payload", "in_progress"]) {
      expect(json.behavior[arrival]).toMatch(/\w/);
    }
  });

  test.each([
    ["create_resource", RESOURCES],
    ["create_transaction", TRANSACTIONS],
  ])("has a curl command, %s, that does what it says and can be repeated", async (example, path) => {
    const command = (await api.call(PAGE)).json.examples.curl[example];

    const first = await run("bash", ["-c", command]);
    const again = await run("bash", ["-c", command]);

    const [head, body] = split(first.stdout);
    expect(head).toMatch(/^HTTP\/1.1 201 /);
    expect(head).not.toMatch(/idempotent-replayed/i);
    expect(head).toContain(`${path}/${JSON.parse(body).id}`);
    expect(split(again.stdout)[0]).toMatch(/^idempotent-replayed: true\r?$/im);
    expect(split(again.stdout)[1]).toBe(body);
  });

  test("has a Python program that does what it says", async () => {
    const program = (await api.call(PAGE)).json.examples.python.create_resource;

    const { stdout } = await run("python3", ["-c", program]);

    const id = /"id":"([^"]+)"/.exec(stdout)![1]!;
    expect((await api.call(`${RESOURCES}/${id}`)).status).toBe(200);
    expect(stdout.split("\n").filter((line) => line.includes(id))).toHaveLength(2);
  });

  test("names another key whenever it is read", async () => {
    const one = await api.call(PAGE);
    const other = await api.call(PAGE);

    expect(one.json.examples.curl.create_resource).not.toBe(other.json.examples.curl.create_resource);
  });
});

describe("the page at /", () => {
  const BROWSER = { Accept: "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8" };

  test("says to a browser what this is, and leads on", async () => {
    const { status, headers, text } = await api.call("/", { headers: BROWSER });

    expect(status).toBe(200);
    expect(headers.get("Content-Type")).toBe("text/html; charset=utf-8");
    expect(headers.get("Vary")).toContain("Accept");
    expect(headers.get("Cache-Control")).toBe("no-store");
    expect(text).toContain("Idempotency keys for HTTP APIs");
    for (const [, path] of text.matchAll(/href="([^"]+)"/g)) expect((await api.call(path!)).status).toBe(200);
    expect(text).toMatch(/href="\/docs"[^]*href="\/dashboard"/);
    expect(text).toContain("Callers are not checked here");
  });

  test("has a first command that does what it says and can be repeated", async () => {
    const { text } = await api.call("/", { headers: BROWSER });
    const command = /<code>(curl [^]*?)<\/code>/
      .exec(text)![1]!
      .replaceAll("&lt;", "<")
      .replaceAll("&amp;", "&");

    const first = await run("bash", ["-c", command]);
    const again = await run("bash", ["-c", command]);

    expect(command).toContain(api.server.address.origin);
    expect(first.stdout).toMatch(/^HTTP\/1.1 201 /);
    expect(again.stdout).toMatch(/^idempotent-replayed: true\r?$/im);
  });

  test("has a command with a token where callers are checked", async () => {
    const { text } = await checked.call("/", { headers: BROWSER });

    expect(text).toContain('"Authorization: Bearer $API_TOKEN"');
    expect(text).not.toContain("Callers are not checked");
  });

  test.each([
    [undefined, api],
    ["*/*", api],
    ["application/json", api],
    ["image/avif,image/webp", api],
    ["*/*", started],
  ])("tells others where the API is: Accept %s", async (accept, client) => {
    const answer = await client.call("/", { ...(accept && { headers: { Accept: accept } }) });

    expect(answer.status).toBe(404);
    expect(answer.json).toMatchObject({ type: "/problems/not-found", retryable: false });
    expect(answer.json.detail).toContain("/docs");
    expect(answer.headers.get("Vary")).toContain("Accept");
  });
});

describe("the page at / where START_PAGE is on", () => {
  test("shows a key at work, with what is this service's and nothing else", async () => {
    const { status, headers, text } = await started.call("/", { headers: { Accept: "text/html" } });

    const policy = headers.get("Content-Security-Policy")!.split("; ");
    expect(status).toBe(200);
    expect(headers.get("Vary")).toContain("Accept");
    expect(headers.get("Cache-Control")).toBe("no-cache");
    expect(text).toContain("Pay 99.95 USD");
    expect(policy).toEqual(
      expect.arrayContaining([
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
      ]),
    );
    expect(text).not.toMatch(/<style|style=|<script(?! src="\/start\/page\.js" defer><)| on\w+=/);
    for (const [, path] of text.matchAll(/(?:href|src)="(\/[^"]*)"/g))
      expect((await started.call(path!, { headers: { Accept: "text/html" } })).status, path).toBe(200);
  });

  test("is off as long as nobody turns it on, with its files", async () => {
    const page = await api.call("/", { headers: { Accept: "text/html" } });
    const files = ["/start/page.js", "/start/page.css", "/start/index.html"].map((path) => api.call(path));

    expect(page.text).not.toContain("/start/");
    for (const { status, json } of await Promise.all(files)) {
      expect(status).toBe(404);
      expect(json).toMatchObject({ type: "/problems/not-found", status: 404, retryable: false });
    }
  });
});

describe("the health page", () => {
  test("says ok", async () => {
    const { status, json } = await api.call("/health");

    expect(status).toBe(200);
    expect(json.status).toBe("ok");
  });

  test("answers HEAD without content", async () => {
    const { status, text } = await api.call("/health", { method: "HEAD" });

    expect(status).toBe(200);
    expect(text).toBe("");
  });
});

describe("a problem's page", () => {
  test.each([
    ["idempotency-key-missing", 400],
    ["idempotency-key-invalid", 400],
    ["idempotency-key-conflict", 400],
    ["request-mismatch", 400, 422],
    ["operation-in-progress", 409, 503],
    ["malformed-json", 400],
    ["validation-failed", 422],
    ["unsupported-media-type", 415],
    ["payload-too-large", 413],
    ["request-timeout", 408],
    ["header-fields-too-large", 431],
    ["not-found", 404],
    ["method-not-allowed", 405],
    ["unauthorized", 401],
    ["forbidden", 403],
    ["rate-limited", 429],
    ["operation-failed", 503],
    ["service-unavailable", 503],
    ["internal-error", 500],
  ])("tells of %s what it means and what to do, and every status", async (slug, ...statuses) => {
    const { status, headers, text } = await api.call(`/problems/${slug}`);

    expect(status).toBe(200);
    expect(headers.get("Content-Type")).toMatch(/^text\/html/);
    expect(text).toContain(slug);
    expect([...text.matchAll(/<code>(\d{3})<\/code>/g)].map(([, status]) => Number(status))).toEqual(
      statuses,
    );
    expect(text).toMatch(/What it means<\/h2>\s*<p>\w/);
    expect(text).toMatch(/What to do<\/h2>\s*<p>\w/);
  });

  test.each(["/problems/forbidden", "/"])(
    "shows itself and nothing else: no script, no frame, no style but its own: %s",
    async (path) => {
      const { headers, text } = await api.call(path, { headers: { Accept: "text/html" } });

      const policy = headers.get("Content-Security-Policy")!.split("; ");
      const style = /<style>([^]*?)<\/style>/.exec(text)![1]!;
      const digest = createHash("sha256").update(style).digest("base64");
      expect(policy).toEqual(
        expect.arrayContaining([
          "default-src 'none'",
          `style-src 'sha256-${digest}'`,
          "base-uri 'none'",
          "form-action 'none'",
          "frame-ancestors 'none'",
        ]),
      );
      expect(text).not.toMatch(/<script|<link|<img|style=|src=|href="[^/]/);
    },
  );

  test("of a problem that there is not, is not there", async () => {
    expect((await api.call("/problems/none")).status).toBe(404);
  });
});

/** The head and the content of what `curl -i` prints. */
function split(printed: string): [string, string] {
  const end = printed.indexOf("\r\n\r\n");
  return [printed.slice(0, end), printed.slice(end + 4)];
}
