// What docs/adding-an-operation.md tells a reader to write is written, built and run, to the letter.

import { spawnSync } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Client, newKey } from "./client.ts";
import { startServer } from "./server.ts";

const ROOT = join(import.meta.dirname, "../..");
const PATH = "/api/v1/sign-ups";
const ADA = { email: "ada@example.com", name: "Ada" };

const client = new Client();
let copy: string;

beforeAll(async () => {
  copy = await mkdtemp(join(tmpdir(), "edge-idempotency-example-"));
  await copyCheckout();
  await followTheDocument();
  build();
  client.server = await startServer({ FAULT_INJECTION: "on" }, { root: copy });
}, 600_000);

afterAll(async () => {
  await client.server?.stop();
  await rm(copy, { recursive: true, force: true });
});

test("the operation takes effect once and its answer is replayed", async () => {
  const key = newKey();

  const first = await signUp(key, ADA);
  const second = await signUp(key, ADA);

  expect(first.status).toBe(201);
  expect(first.json).toMatchObject(ADA);
  expect(second.headers.get("Idempotent-Replayed")).toBe("true");
  expect(second.text).toBe(first.text);
  expect(await signUps(ADA.email)).toBe(1);
});

test("an attempt that fails after its effect is followed by one that finds it", async () => {
  const key = newKey();
  const payload = { email: "grace@example.com", name: "Grace" };

  const failed = await signUp(key, payload, "fail-after");
  const second = await signUp(key, payload);

  expect(failed.status).toBe(503);
  expect(second.status).toBe(201);
  expect(await signUps(payload.email)).toBe(1);
});

test("a refusal of the operation is saved like any answer", async () => {
  const payload = { email: "mary@example.com", name: "Mary" };
  await signUp(newKey(), payload);
  const key = newKey();

  const refused = await signUp(key, payload);
  const again = await signUp(key, payload);

  expect(refused.status).toBe(422);
  expect(again.text).toBe(refused.text);
  expect(again.headers.get("Idempotent-Replayed")).toBe("true");
});

test("what breaks a rule is refused with its place", async () => {
  const answer = await signUp(newKey(), { ...ADA, email: "ada" });

  expect(answer.status).toBe(422);
  expect(answer.json.errors).toEqual([{ pointer: "#/email", detail: "must be an e-mail address" }]);
});

function signUp(key: string, payload: unknown, fault?: string) {
  const headers = { "X-Idempotency-Key": key };
  return client.call(PATH, { method: "POST", headers, payload, ...(fault && { fault }) });
}

async function signUps(email: string) {
  const db = await client.server.db();
  return db.prepare("SELECT count(*) AS n FROM sign_ups WHERE email = ?").bind(email).first("n");
}

async function copyCheckout() {
  for (const name of [
    "src",
    "bench/floors/rust",
    "assets",
    "migrations",
    "scripts",
    "Cargo.toml",
    "Cargo.lock",
    "package.json",
    "package-lock.json",
    ".npmrc",
    "wrangler.toml",
  ]) {
    await cp(join(ROOT, name), join(copy, name), { recursive: true });
  }
  for (const name of ["node_modules", ".tools"]) await symlink(join(ROOT, name), join(copy, name));
}

/** Each block of code says in a comment before it which file it is, or after which line it goes. */
async function followTheDocument() {
  const document = await readFile(join(ROOT, "docs/adding-an-operation.md"), "utf8");
  const blocks = document.matchAll(
    /<!-- (?:file: (\S+)|add to (\S+) after: (.+)) -->\n```\w+\n([^]*?)```\n/g,
  );
  let followed = 0;
  for (const [, created, changed, line, code] of blocks) {
    const path = join(copy, created ?? changed!);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, created ? code! : insert(await readFile(path, "utf8"), line!, code!));
    followed++;
  }
  expect(followed).toBe(4);
}

/** Rustfmt may have broken the line that the document shows in one. */
function insert(text: string, line: string, code: string) {
  const pattern = line.split(/\s+|(?<=[([])|(?=[)\]])/).map((word) => word.replace(/[^\w\s]/g, "\\$&"));
  const found = new RegExp(`${pattern.join("\\s*")}\n`).exec(text);
  if (!found) throw new Error(`no such line: ${line}`);
  const end = found.index + found[0].length;
  return text.slice(0, end) + code + text.slice(end);
}

function build() {
  const env = { ...process.env, CARGO_TARGET_DIR: join(ROOT, "target") };
  for (const command of ["npm run bundle"]) {
    const { status, stdout, stderr } = spawnSync("bash", ["-c", command], {
      cwd: copy,
      env,
      encoding: "utf8",
    });
    if (status !== 0) throw new Error(`${command}\n${stdout}\n${stderr}`);
  }
}
