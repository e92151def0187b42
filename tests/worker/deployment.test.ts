// The ways to deploy: what each of them runs exists, they do the same, and what they ask for is what the service reads.

import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, onTestFinished, test } from "vitest";
import { parse } from "yaml";
import { Client } from "../harness/client.ts";
import { startServer } from "../harness/server.ts";

const ROOT = join(import.meta.dirname, "../..");
/** As the first step of a build, and then what a later one finds. */
const INSTALL_RUST = `import { installRust } from "${ROOT}/scripts/rust.mjs";
  import { run } from "${ROOT}/packages/worker/build/shell.mjs";
  installRust(); console.log(run("cargo", ["--version"]).output)`;
const run = promisify(execFile);

const { scripts, devDependencies, cloudflare } = JSON.parse(read("package.json"));

describe("the workflow", () => {
  const workflow = parse(read(".github/workflows/deploy.yml"));
  const steps: { uses?: string; run?: string; with?: Record<string, string> }[] = workflow.jobs.deploy.steps;
  const wrangler = steps.find(({ uses }) => uses?.startsWith("cloudflare/wrangler-action@"))!.with!;

  test("deploys for a tag, or when somebody starts it, one at a time", () => {
    expect(workflow.on).toEqual({ workflow_dispatch: null, push: { tags: ["v*"] } });
    expect(workflow.concurrency).toEqual({ group: "deploy", "cancel-in-progress": false });
    expect(workflow.permissions).toEqual({ contents: "read" });
  });

  test("names each action's version, and wrangler's that is in package.json", () => {
    for (const { uses } of steps) if (uses !== undefined) expect(uses).toMatch(/^[\w/-]+@v\d+\.\d+\.\d+$/);
    expect(wrangler.wranglerVersion).toBe(devDependencies.wrangler);
  });

  test("runs scripts of package.json, and wrangler as npm run deploy does", () => {
    const commands = steps.flatMap(({ run }) => run?.split(" && ") ?? []);
    const ours = commands.filter((command) => command.startsWith("npm "));
    const deploy = scripts.deploy.split(" && ").map((command: string) => command.replace(/^wrangler /, ""));

    expect(ours).toEqual(["npm test"]);
    for (const command of ours) expect(Object.keys(scripts)).toContain(command.split(" ").at(-1));
    expect(wrangler.command!.trim().split("\n")).toEqual(deploy);
  });
});

describe("the platform records traces", () => {
  test.each([
    ".",
    "stores/postgres",
    "stores/databases",
    "crates/gateway",
    "examples/sign-up",
    "examples/typescript-caller",
    "packages/worker/template",
  ])("of the Worker in %s", (folder) => {
    const configuration = read(`${folder}/wrangler.toml`);

    expect(configuration).toContain("\n[observability]\nenabled = true\n");
    expect(configuration).toContain("\n[observability.traces]\nenabled = true\n");
  });
});

describe("the button", () => {
  const example = read(".dev.vars.example").split("\n");
  const secrets = Object.fromEntries(
    example.filter((line) => /^\w/.test(line)).map((line) => /^(\w+)=(.*)$/.exec(line)!.slice(1)),
  );

  test("leads to a build and a deployment that package.json has", () => {
    expect(read("README.md")).toMatch(/\(https:\/\/deploy\.workers\.cloudflare\.com\/\?url=https:\/\/\S+\)/);
    expect(Object.keys(scripts)).toEqual(expect.arrayContaining(["build", "deploy"]));
  });

  test("asks for the secrets of a deployment alone, and explains each", () => {
    const documented = read("docs/configuration.md");

    expect(Object.keys(secrets)).toEqual(["API_TOKENS", "REPLAY_SECRET"]);
    expect(Object.keys(cloudflare.bindings)).toEqual(Object.keys(secrets));
    for (const name of Object.keys(secrets)) expect(documented).toContain(`| \`${name}\` |`);
  });

  test("deploys nothing that serves with the secrets of the example", async () => {
    const asIs = await answersWith(secrets);
    const half = await answersWith({ ...secrets, REPLAY_SECRET: "0123456789abcdef0123456789abcdef" });

    expect(asIs.health).toMatchObject({
      status: 503,
      json: { detail: expect.stringContaining("REPLAY_SECRET") },
    });
    expect(half.health.status).toBe(200);
    expect(half.list).toMatchObject({ status: 503, json: { detail: expect.stringContaining("API_TOKENS") } });
  });

  test("finds Rust, which Cloudflare's build image has not", async () => {
    const home = mkdtempSync(join(tmpdir(), "edge-idempotency-home-"));
    onTestFinished(() => rmSync(home, { recursive: true }));
    for (const name of ["bash", "cat", "chmod", "mkdir", "sh"]) symlinkSync(`/bin/${name}`, join(home, name));
    // What rustup's script does, as far as it matters here.
    const cargo = "~/.cargo/bin/cargo";
    const rustup = `mkdir -p ~/.cargo/bin; echo 'echo cargo 1.99' > ${cargo}; chmod +x ${cargo}`;
    writeFileSync(join(home, "curl"), `#!/bin/sh\necho "${rustup}"\n`, { mode: 0o755 });
    const build = (env: object) =>
      run(process.execPath, ["--input-type=module", "--eval", INSTALL_RUST], {
        env: { HOME: home, PATH: home, ...env },
      });

    const elsewhere = await build({});
    const there = await build({ WORKERS_CI: "1" });

    expect(elsewhere.stdout).toBe("cargo is not installed\n");
    expect(there.stdout).toBe("• Installing Rust…\ncargo 1.99\n");
  });
});

test("editors find the schema of wrangler.toml", () => {
  const [, schema] = /^#:schema (\S+)\n/.exec(read("wrangler.toml"))!;

  expect(existsSync(join(ROOT, schema!))).toBe(true);
});

async function answersWith(vars: Record<string, string>) {
  const client = new Client();
  client.server = await startServer({ AUTH: "on", ...vars });
  onTestFinished(() => client.server.stop());
  return { health: await client.call("/health"), list: await client.call("/api/audit/logs") };
}

function read(path: string): string {
  return readFileSync(join(ROOT, path), "utf8");
}
