// What docs/adding-an-operation.md tells a reader to write is written, built and run, to the letter. Beside it, what
// becomes of what an operation gets wrong, and of one that must not be repeated.

import { spawnSync } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Client, newKey } from "../harness/client.ts";
import { startServer } from "../harness/server.ts";
import { describeUnrepeated } from "./unrepeated.ts";

const ROOT = join(import.meta.dirname, "../..");
const PATH = "/api/v1/sign-ups";
const ANY_ANSWER = "/api/v1/any-answer";
const OMITTED = { "X-Idempotency-Content": "omitted" };
const SENT = "CREATE TABLE sent (number INTEGER PRIMARY KEY, idempotency_key TEXT NOT NULL) STRICT;";
const ADA = { email: "ada@example.com", name: "Ada" };

/** What `any_answer.rs` is to answer with. */
interface Wanted {
  status: number;
  headers: string[][];
  body: string;
}

const wanted = (status: number, headers: string[][], body: string): Wanted => ({ status, headers, body });

const client = new Client();
let copy: string;

beforeAll(async () => {
  copy = await mkdtemp(join(tmpdir(), "edge-idempotency-example-"));
  await copyCheckout();
  await followTheDocument();
  await addOperation("any_answer", ANY_ANSWER, "AnyAnswer");
  await addOperation("unrepeated", "/api/v1/unrepeated", "Unrepeated");
  await writeFile(join(copy, "migrations/0099_sent.sql"), SENT);
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

describe("an answer that cannot be sent", () => {
  const JSON_TYPE = ["Content-Type", "application/json"];
  const LONG = "x".repeat(5000);

  /** What an operation answers with, and the status, the content and the fields of its own that clients get. */
  const ANSWERS: [string, Wanted, [number, string, Record<string, string | null>]][] = [
    ["a 204 with content", wanted(204, [JSON_TYPE], "{}"), [204, "", { ...OMITTED, "Content-Type": null }]],
    ["a 205 with content", wanted(205, [], "x"), [205, "", OMITTED]],
    ["a 304 with content", wanted(304, [], "x"), [304, "", OMITTED]],
    ["status 0", wanted(0, [], "x"), [500, "x", {}]],
    ["status 101", wanted(101, [], ""), [500, "", {}]],
    ["status 199", wanted(199, [], "x"), [500, "x", {}]],
    ["status 600", wanted(600, [JSON_TYPE], "{}"), [500, "{}", { "Content-Type": "application/json" }]],
    ["status 65535", wanted(65_535, [], "x"), [500, "x", {}]],
    [
      "a line break in a value",
      wanted(201, [["X-A", "a\nb"], JSON_TYPE], "{}"),
      [201, "{}", { "X-A": null }],
    ],
    [
      "a field smuggled in",
      wanted(201, [["X-A", "a\r\nX-B: b"]], "x"),
      [201, "x", { "X-A": null, "X-B": null }],
    ],
    ["a NUL in a value", wanted(201, [["X-A", "a\0b"]], "x"), [201, "x", { "X-A": null }]],
    ["a control character in a value", wanted(201, [["X-A", "a\u0001b"]], "x"), [201, "x", { "X-A": null }]],
    [
      "a name of two words",
      wanted(
        201,
        [
          ["X A", "a"],
          ["X-B", "b"],
        ],
        "x",
      ),
      [201, "x", { "X-B": "b" }],
    ],
    [
      "a name with a line break",
      wanted(201, [["X-A\nX-B", "a"]], "x"),
      [201, "x", { "X-A": null, "X-B": null }],
    ],
    ["an empty name", wanted(201, [["", "a"]], "x"), [201, "x", {}]],
    [
      "too many fields",
      wanted(
        201,
        [
          ["X-A", LONG],
          ["X-B", LONG],
          ["X-C", "c"],
        ],
        "x",
      ),
      [201, "x", { "X-A": LONG, "X-B": null, "X-C": "c" }],
    ],
  ];

  test.each(ANSWERS)(
    "%s, is given without what is wrong, the first time and again",
    async (_, made, given) => {
      const [status, text, fields] = given;
      const key = newKey();
      const ask = () =>
        client.call(ANY_ANSWER, { method: "POST", headers: { "X-Idempotency-Key": key }, payload: made });

      const answers = [await ask(), await ask()];
      await client.server.kill();
      answers.push(await ask());

      for (const answer of answers) {
        expect([answer.status, answer.text]).toEqual([status, text]);
        for (const [name, value] of Object.entries(fields)) expect(answer.headers.get(name)).toBe(value);
      }
      const replayed = answers.map(({ headers }) => headers.get("Idempotent-Replayed"));
      expect(replayed).toEqual([null, "true", "true"]);
      const message = "Answer cannot be sent as it was made";
      const [line] = await client.logged({ message, idempotency_key: key });
      expect(line).toMatchObject({ level: "warning", operation: "any_answer", reason: expect.any(String) });
      expect((await client.status(key)).json).toMatchObject({ status: "COMPLETED", attempts: 1 });
    },
  );

  test.each([
    [
      "all kinds of fields",
      wanted(
        201,
        [
          ["Content-Length", "7"],
          ["Transfer-Encoding", "x"],
          ["Connection", "close"],
          ["X-A", "\té"],
        ],
        "x",
      ),
    ],
    ["no content where there may be some", wanted(200, [JSON_TYPE], "")],
    ["no content where there may be none", wanted(204, [], "")],
  ])("is none of those with %s, which are left as they are", async (_, made) => {
    const key = newKey();
    const ask = () =>
      client.call(ANY_ANSWER, { method: "POST", headers: { "X-Idempotency-Key": key }, payload: made });

    const [first, second] = [await ask(), await ask()];

    expect([first.status, first.text]).toEqual([made.status, made.body]);
    expect([second.status, second.text]).toEqual([made.status, made.body]);
    expect(second.headers.get("Idempotent-Replayed")).toBe("true");
    expect(second.headers.get("X-A")).toBe(first.headers.get("X-A"));
    await client.logged({ message: "Returning cached result", idempotency_key: key });
    expect(
      client.server.logs.filter((line) => line.idempotency_key === key && line.level !== "info"),
    ).toEqual([]);
  });
});

describeUnrepeated(() => copy, ANY_ANSWER);

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
    "crates",
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

/** Beside what the document adds: an operation of a file beside this one. */
async function addOperation(name: string, route: string, type: string) {
  await cp(join(import.meta.dirname, `${name}.rs`), join(copy, `src/operations/${name}.rs`));
  const add = async (file: string, line: string, code: string) => {
    const path = join(copy, "src/operations", file);
    await writeFile(path, insert(await readFile(path, "utf8"), line, code));
  };
  await add("mod.rs", "mod audit;", `mod ${name};\n`);
  const entry = `keyed("${route}", KeyedOperation::of::<super::${name}::${type}>()),\n`;
  await add("routes.rs", 'read("/api/audit/logs", Read::of::<AuditLogs>()),', entry);
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
