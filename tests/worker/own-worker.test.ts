// A Worker of somebody's own: examples/sign-up in a folder outside of this repository, built and started with its own
// commands. The package is there as npm would install it, and nothing of ours is edited.

import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, readdir, readFile, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually, newKey } from "../harness/client.ts";
import { type Dev, startDev } from "../harness/dev.ts";

const ROOT = join(import.meta.dirname, "../..");
const EXAMPLE = join(ROOT, "examples/sign-up");
const ADA = { email: "ada@example.com", name: "Ada" };
const run = promisify(execFile);

let folder: string;
let dev: Dev;

beforeAll(async () => {
  folder = await mkdtemp(join(await realpath(tmpdir()), "edge-idempotency-own-"));
  await copyExample();
  await installPackages();
  // What it is made of has been compiled for other Workers.
  const CARGO_TARGET_DIR = process.env.CARGO_TARGET_DIR ?? join(ROOT, "target");
  dev = await startDev(folder, ["npm", "start", "--"], { CARGO_TARGET_DIR });
}, 600_000);

afterAll(async () => {
  await dev?.stop();
  await rm(folder, { recursive: true, force: true });
});

test("it answers, and replays byte for byte", async () => {
  const key = newKey();

  const first = await signUp(key, ADA);
  const second = await signUp(key, ADA);

  expect(first.status).toBe(201);
  expect(JSON.parse(first.text)).toMatchObject(ADA);
  expect(first.headers.has("Idempotent-Replayed")).toBe(false);
  expect(second.status).toBe(201);
  expect(second.text).toBe(first.text);
  expect(second.headers.get("Idempotent-Replayed")).toBe("true");
});

test("what it has made can be read where its answer says, by the same caller alone", async () => {
  const first = await signUp(newKey(), { email: "emmy@example.com", name: "Emmy" });
  const location = dev.base + first.headers.get("Location");

  const found = await fetch(location);
  const toAnother = await fetch(location, { headers: { Authorization: "Bearer mallory" } });

  expect(await found.text()).toBe(first.text);
  expect(toAnother.status).toBe(404);
});

test("what breaks a rule is refused with its place, and leaves the key unused", async () => {
  const key = newKey();

  const refused = await signUp(key, { email: "joan", name: "" });
  const corrected = await signUp(key, { email: "joan@example.com", name: "Joan" });

  expect(refused.status).toBe(422);
  expect(JSON.parse(refused.text).errors).toEqual([
    { pointer: "#/email", detail: "must be an e-mail address" },
    { pointer: "#/name", detail: "length is lower than 1" },
  ]);
  expect(corrected.status).toBe(201);
});

test("an attempt that fails after its effect is followed by one that finds it", async () => {
  const key = newKey();
  const payload = { email: "grace@example.com", name: "Grace" };

  const failed = await signUp(key, payload, { "X-Fault": "fail-after" });
  const second = await signUp(key, payload);
  const other = await signUp(newKey(), payload);

  expect(failed.status).toBe(503);
  expect(second.status).toBe(201);
  expect(other.status).toBe(422);
});

test("a refusal of the operation is saved like any answer", async () => {
  const payload = { email: "mary@example.com", name: "Mary" };
  await signUp(newKey(), payload);
  const key = newKey();

  const [refused, again] = [await signUp(key, payload), await signUp(key, payload)];

  expect(refused.status).toBe(422);
  expect(refused.headers.get("Content-Type")).toBe("application/problem+json");
  expect(JSON.parse(refused.text)).toMatchObject({ title: "Address taken", status: 422 });
  expect(again.text).toBe(refused.text);
  expect(again.headers.get("Idempotent-Replayed")).toBe("true");
});

test("it survives kill -9: what was answered is replayed, and what was under way is done once", async () => {
  const [key, lost] = [newKey(), newKey()];
  const payload = { email: "katherine@example.com", name: "Katherine" };
  const late = { email: "dorothy@example.com", name: "Dorothy" };
  const first = await signUp(key, payload);
  const interrupted = signUp(lost, late, { "X-Fault": "delay=60000" }).catch((error) => error);
  await eventually(async () => (await statusOf(lost)) === "PROCESSING");

  await run("node", [join(ROOT, "tests/conformance/profiles/end-workerd.ts"), String(dev.port)]);
  await interrupted;

  await eventually(async () => (await signUp(lost, late)).status === 201);
  expect(await statusOf(lost)).toBe("COMPLETED");
  const second = await signUp(key, payload);
  expect(second.text).toBe(first.text);
  expect(second.headers.get("Idempotent-Replayed")).toBe("true");
  expect((await signUp(newKey(), late)).status).toBe(422);
});

test("it has what every service has, and says what this one has not", async () => {
  const [health, docs, page] = await Promise.all([
    fetch(`${dev.base}/health`),
    fetch(`${dev.base}/docs`),
    fetch(dev.base, { headers: { Accept: "text/html" } }),
  ]);

  expect(await health.json()).toEqual({ status: "ok", version: "0.1.0" });
  expect(docs.status).toBe(404);
  expect(await page.text()).toContain("<h1>sign-up</h1>");
});

test("it starts again without making what is there", async () => {
  const { stdout } = await run("npm", ["run", "--silent", "build"], {
    cwd: folder,
    env: { ...process.env, CARGO_TARGET_DIR: process.env.CARGO_TARGET_DIR ?? join(ROOT, "target") },
  });

  expect(stdout).not.toMatch(/Compiling|Creating|Adding/);
});

test("its packages are of the versions that this repository tests with", async () => {
  const versionOf = async (file: string) =>
    JSON.parse(await readFile(join(file, "package.json"), "utf8")).devDependencies.wrangler;

  expect(await versionOf(EXAMPLE)).toBe(await versionOf(ROOT));
});

async function signUp(key: string, payload: unknown, more: Record<string, string> = {}) {
  const headers = { "Content-Type": "application/json", "X-Idempotency-Key": key, ...more };
  const body = JSON.stringify(payload);
  const answer = await fetch(`${dev.base}/sign-ups`, { method: "POST", headers, body });
  return { status: answer.status, headers: answer.headers, text: await answer.text() };
}

async function statusOf(key: string) {
  const answer = await fetch(`${dev.base}/api/v1/operations/idempotency/${key}`);
  return ((await answer.json()) as { status: string }).status;
}

/** All that is in the repository of it, with the machinery where that lies. */
async function copyExample() {
  const { stdout } = await run("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
    cwd: EXAMPLE,
  });
  for (const name of stdout.trim().split("\n")) await cp(join(EXAMPLE, name), join(folder, name));
  const manifest = join(folder, "Cargo.toml");
  const text = await readFile(manifest, "utf8");
  const here = text
    .replace("../../crates/edge", join(ROOT, "crates/edge"))
    // As the Worker of this repository, whose dependencies are compiled in the same way then.
    .replace('["cdylib"]', '["cdylib", "rlib"]');
  await writeFile(manifest, here);
  // The versions that are compiled here already, and that .tools has a tool for.
  await cp(join(ROOT, "Cargo.lock"), join(folder, "Cargo.lock"));
  await symlink(join(ROOT, ".tools"), join(folder, ".tools"));
}

/** Our package as npm packs it; of the others, what npm has installed here. */
async function installPackages() {
  const modules = join(folder, "node_modules");
  await mkdir(join(modules, ".bin"), { recursive: true });
  for (const name of await readdir(join(ROOT, "node_modules"))) {
    if (!name.startsWith(".")) await symlink(join(ROOT, "node_modules", name), join(modules, name));
  }
  for (const name of await readdir(join(ROOT, "node_modules/.bin")))
    await symlink(join(ROOT, "node_modules/.bin", name), join(modules, ".bin", name));
  await run("npm", ["pack", "--silent", "--pack-destination", folder], {
    cwd: join(ROOT, "packages/worker"),
  });
  const packed = (await readdir(folder)).find((name) => name.endsWith(".tgz"))!;
  await run("tar", ["-xzf", packed], { cwd: folder });
  await cp(join(folder, "package"), join(modules, "edge-idempotency"), { recursive: true });
  const { bin } = JSON.parse(await readFile(join(modules, "edge-idempotency/package.json"), "utf8"));
  const program = join(modules, "edge-idempotency", bin);
  expect(existsSync(program)).toBe(true);
  await symlink(program, join(modules, ".bin/edge-idempotency"));
}
