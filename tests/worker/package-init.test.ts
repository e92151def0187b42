// What `edge-idempotency init` writes for a deployment, and what a Worker's own code takes from the package.

import { readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Package } from "../harness/package.ts";

const ROOT = join(import.meta.dirname, "../..");

let npm: Package;

beforeAll(async () => {
  npm = await Package.pack();
}, 120_000);

afterAll(() => npm?.remove());

describe("init", () => {
  test("writes what wrangler deploys, and nothing over a file", async () => {
    const folder = await npm.installed();

    const first = await npm.command(folder, "init", "https://api.example.org/v1");
    const written = await texts(folder);
    const second = await npm.command(folder, "init");
    const deployed = await npm.run(folder, "npx", "wrangler", "deploy", "--dry-run", "--outdir", "dry-run");

    expect([first.status, second.status]).toEqual([0, 1]);
    expect(second.output).toContain("wrangler.toml exists: it stays as it is.");
    expect(await texts(folder)).toEqual(written);
    expect(written["gateway.jsonc"]).toContain('"url": "https://api.example.org/v1"');
    expect(deployed.output).toContain("gateway.jsonc: OK");
    for (const binding of ["COORDINATOR", "TELEMETRY", "REPLAYS", "ASSETS"])
      expect(deployed.output).toContain(`env.${binding}`);
    expect(deployed.output).not.toMatch(/env\.(DB|AUTH|FAULT_INJECTION)/);
    expect(deployed.status).toBe(0);
  }, 120_000);

  test("has a wrong policy refused where it would be deployed", async () => {
    const folder = await npm.installed();
    await npm.command(folder, "init");
    const file = join(folder, "gateway.jsonc");
    await writeFile(file, (await readFile(file, "utf8")).replace('"pass": "api"', '"pass": "apu"'));

    const { status, output } = await npm.run(
      folder,
      "npx",
      "wrangler",
      "deploy",
      "--dry-run",
      "--outdir",
      "dry-run",
    );

    expect(status).toBe(1);
    expect(output).toContain('gateway.jsonc: default.pass must be one of upstreams (api), and is "apu"');
  }, 120_000);

  test("leaves room for an environment with a policy of its own, as docs/gateway.md says", async () => {
    const folder = await npm.installed();
    await npm.command(folder, "init", "https://api.example.org");
    const staging = { upstreams: { api: { url: "https://staging.example.org" } }, default: { pass: "api" } };
    await writeFile(join(folder, "gateway.staging.jsonc"), JSON.stringify(staging));
    const worker = await readFile(join(folder, "worker.js"), "utf8");
    await writeFile(
      join(folder, "worker.staging.js"),
      worker.replaceAll("gateway.jsonc", "gateway.staging.jsonc"),
    );
    const section = /```toml\n(\[env\.staging\][^]*?)```/.exec(
      await readFile(join(ROOT, "docs/gateway.md"), "utf8"),
    )!;
    const wrangler = join(folder, "wrangler.toml");
    await writeFile(wrangler, `${await readFile(wrangler, "utf8")}\n${section[1]}`);

    const options = ["deploy", "--dry-run", "--outdir", "dry-run", "--env", "staging"];
    const { status, output } = await npm.run(folder, "npx", "wrangler", ...options);

    expect(output).toContain("gateway.staging.jsonc: OK");
    for (const binding of ["COORDINATOR", "TELEMETRY", "REPLAYS", "ASSETS"])
      expect(output).toContain(`env.${binding}`);
    const policy = (await readdir(join(folder, "dry-run"))).filter((name) => name.endsWith(".jsonc"));
    expect(policy).toEqual([expect.stringContaining("gateway.staging.jsonc")]);
    expect(status).toBe(0);
  }, 120_000);
});

test("it has types", async () => {
  const folder = await npm.installed();
  const file =
    'import { gateway } from "edge-idempotency/gateway";\nexport const { handler, Coordinator } = gateway("{}");\n';
  const wrong = 'import { gateway } from "edge-idempotency/gateway";\ngateway(1);\n';
  await writeFile(join(folder, "right.ts"), file);
  await writeFile(join(folder, "wrong.ts"), wrong);
  await symlink(join(ROOT, "node_modules/@cloudflare"), join(folder, "node_modules/@cloudflare"));
  const tsc = [join(ROOT, "node_modules/typescript/bin/tsc"), "--noEmit", "--strict", "--module", "nodenext"];
  const compile = (name: string) =>
    npm.run(folder, "node", ...tsc, "--types", "@cloudflare/workers-types", "--skipLibCheck", name);

  const [compiled, refused] = [await compile("right.ts"), await compile("wrong.ts")];

  expect(compiled).toEqual({ status: 0, output: "" });
  expect(refused.output).toContain("not assignable to parameter of type 'string'");
});

async function texts(folder: string) {
  const names = ["gateway.jsonc", "worker.js", "wrangler.toml"];
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name), "utf8")])),
  );
}
