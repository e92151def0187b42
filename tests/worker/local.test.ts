// `npx wrangler dev`, as people start a Worker they have cloned: it serves, lets everybody on this machine call, and says
// so. What is deployed has nothing of that.

import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, symlink } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { openBrowser, openPage } from "../harness/browser.ts";
import { eventually, newKey } from "../harness/client.ts";
import { cloned } from "../harness/clone.ts";
import { type Dev, startDev } from "../harness/dev.ts";

const ROOT = join(import.meta.dirname, "../..");
/** The last step of a build. */
const CREATE_TABLES = `import { createTables } from "${ROOT}/packages/worker/build/tables.mjs"; createTables();`;
const run = promisify(execFile);

let clone: string;
let dev: Dev;

beforeAll(async () => {
  clone = await cloned();
  dev = await startDev(clone, ["npx", "wrangler", "dev"]);
}, 120_000);
afterAll(async () => {
  await dev?.stop();
  await rm(clone, { recursive: true, force: true });
});

describe("npx wrangler dev in a fresh clone", () => {
  test("answers the request in README.md, and replays it", async () => {
    const readme = await readFile(join(ROOT, "README.md"), "utf8");
    const command = /^\$ (curl -i http[^]*?)\nHTTP/m.exec(readme)![1]!;
    const here = command.replace("http://localhost:8000", dev.base);

    const first = await run("bash", ["-c", here]);
    const again = await run("bash", ["-c", here]);

    expect(first.stdout).toMatch(/^HTTP\/1.1 201 /);
    expect(first.stdout).not.toMatch(/idempotent-replayed/i);
    expect(again.stdout).toMatch(/^idempotent-replayed: true\r?$/im);
    expect(again.stdout.split("\r\n\r\n")[1]).toBe(first.stdout.split("\r\n\r\n")[1]);
  });

  test("shows a browser a key at work, at /", async () => {
    const page = await fetch(`${dev.base}/`, { headers: { Accept: "text/html" } });

    expect(await page.text()).toContain("Pay 99.95 USD");
    expect((await fetch(`${dev.base}/start/page.js`)).status).toBe(200);
  });

  test("says on the console that callers are not checked", () => {
    expect(dev.printed()).toContain("Callers are not checked");
  });

  test("reports a panic once, where those who wait for it are answered", async () => {
    const before = dev.printed().length;
    const slow = call("delay=10000");

    const answers = await Promise.all([call("delay=500,panic"), slow]);
    await call("delay=0");

    expect(answers.map(({ status }) => status)).toEqual([503, 503]);
    const reports = () =>
      dev
        .printed()
        .slice(before)
        .match(/panicked at/g) ?? [];
    await eventually(() => reports().length > 0);
    expect(reports()).toHaveLength(1);
    expect(dev.printed().slice(before)).not.toMatch(/Uncaught|RuntimeError/);
  });

  test("makes the tables again where the local data was deleted", async () => {
    const folder = await mkdtemp(join(tmpdir(), "edge-idempotency-tables-"));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    for (const name of ["migrations", "wrangler.toml", ".dev.vars", "node_modules"])
      await symlink(join(ROOT, name), join(folder, name));
    const start = async () => {
      const env = { ...process.env, WRANGLER_COMMAND: "dev", WRANGLER_SEND_METRICS: "false" };
      const { stdout } = await run("node", ["--input-type=module", "--eval", CREATE_TABLES], {
        cwd: folder,
        env,
      });
      return stdout.includes("Creating tables");
    };

    const first = await start();
    const second = await start();
    await rm(join(folder, ".wrangler/state/v3"), { recursive: true });
    const third = await start();

    expect([first, second, third]).toEqual([true, false, true]);
  });

  test.each(["localhost", "127.0.0.1"])(
    "lets pages of any port of %s call, with tracing and faults, and read what is for them",
    async (host) => {
      const pages = await somePages();
      const browser = await openBrowser();
      onTestFinished(() => browser.close());
      const { page } = await openPage(browser);
      await page.goto(`http://${host}:${(pages.address() as AddressInfo).port}/`);

      const seen = await page.evaluate(callFromPage, { base: dev.base, key: newKey() });

      expect(seen).toEqual({
        status: 503,
        correlationId: expect.any(String),
        eTag: expect.any(String),
      });
    },
  );
});

describe("a deployment", () => {
  test("has no variable of local development", async () => {
    const deploy = ["wrangler", "deploy", "--dry-run", "--outdir", "dry-run"];
    const { stdout } = await run("npx", deploy, { cwd: clone });

    const uploaded = await readdir(join(clone, "dry-run"), { recursive: true });
    const bindings = stdout.split("\n").filter((line) => line.startsWith("env."));
    expect(bindings.join("\n")).toContain("env.COORDINATOR");
    expect(bindings.filter((line) => /AUTH|FAULT|START|CORS/.test(line))).toEqual([]);
    expect(stdout).not.toContain("not checked");
    expect(uploaded.filter((name) => name.includes("vars"))).toEqual([]);
  });

  test("is given no secret: those that wrangler dev has are in the repository", async () => {
    const lines = (await readFile(join(ROOT, ".dev.vars"), "utf8")).split("\n");
    const names = lines.filter((line) => /^\w/.test(line)).map((line) => line.split("=")[0]);

    expect(names).toEqual([
      "AUTH",
      "FAULT_INJECTION",
      "START_PAGE",
      "CORS_ALLOWED_ORIGINS",
      "CORS_ALLOWED_HEADERS",
    ]);
  });
});

function call(fault: string) {
  const headers = { "Content-Type": "application/json", "X-Idempotency-Key": newKey(), "X-Fault": fault };
  return fetch(`${dev.base}/api/v1/operations/resources`, {
    method: "POST",
    headers,
    body: '{"name":"Lathe"}',
  });
}

/** Runs in a page: a call with what a tracing library and a developer add, and one for a file. */
async function callFromPage({ base, key }: { base: string; key: string }) {
  const headers = {
    "Content-Type": "application/json",
    "X-Idempotency-Key": key,
    "X-Request-ID": "r-1",
    "X-Requested-With": "XMLHttpRequest",
    "X-Fault": "fail-before",
    traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    tracestate: "vendor=1",
    baggage: "user=1",
    "sentry-trace": "771a43a4192642f0b136d5159a501700-7aef3a9f4d9d4d0a-1",
    "x-datadog-trace-id": "1",
    "x-datadog-parent-id": "2",
    "x-datadog-origin": "rum",
    "x-datadog-sampling-priority": "1",
  };
  const path = "/api/v1/operations/resources";
  const answer = await fetch(base + path, { method: "POST", headers, body: '{"name":"From a page"}' });
  const file = await fetch(`${base}/openapi.json`, { headers: { "If-None-Match": '"another"' } });
  return {
    status: answer.status,
    correlationId: answer.headers.get("X-Correlation-ID"),
    eTag: file.headers.get("ETag"),
  };
}

/** A server of pages, as a developer of a front end runs one. */
async function somePages(): Promise<Server> {
  const pages = createServer((_, answer) => answer.setHeader("Content-Type", "text/html").end("<p>A page"));
  await new Promise<void>((resolve) => pages.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void pages.close());
  return pages;
}
