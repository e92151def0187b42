// The gateway without Rust and without this repository: the npm package as it is packed and installed, in a folder of its
// own, with its commands, and no cargo to be found.

import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventually, newKey } from "../harness/client.ts";
import type { Dev } from "../harness/dev.ts";
import { Package } from "../harness/package.ts";
import { Upstream } from "../harness/upstream.ts";

const api = new Upstream();

let npm: Package;
let url: string;
/** Nothing is written here. */
let empty: string;

beforeAll(async () => {
  npm = await Package.pack();
  url = await api.start();
  empty = await npm.installed();
}, 120_000);

afterAll(async () => {
  api.stop();
  await npm?.remove();
});

describe("the command", () => {
  test("says what it can do, if it is called without or with wrong words", async () => {
    const [help, none, other] = [
      await npm.command(empty, "--help"),
      await npm.command(empty),
      await npm.command(empty, "serve"),
    ];

    expect([help.status, none.status, other.status]).toEqual([0, 1, 1]);
    for (const { output } of [help, none, other])
      expect(output).toContain("To begin: npx edge-idempotency gateway http://localhost:3000");
    expect(other.output).toContain("There is no command serve.");
  });

  test.each([
    [["gateway"], "There is no gateway.jsonc here, so a URL is needed"],
    [["gateway", "localhost:3000"], "The API's URL must be https, or http on this machine"],
    [["gateway", "http://api.example.com"], "The API's URL must be https, or http on this machine"],
    [["gateway", "http://localhost:3000", "--prot", "1"], "Unknown option '--prot'"],
    [["check"], "gateway.jsonc: there is no such file. Write one with: npx edge-idempotency init"],
    [["init", "api.example.com"], "The API's URL must be https"],
  ])("stops for %j, and says why", async (words, why) => {
    const { status, output } = await npm.command(empty, ...words);

    expect(status).toBe(1);
    expect(output).toContain(why);
  });
});

describe("check", () => {
  test("shows the routes of a policy in order", async () => {
    const folder = await npm.installed();
    const policy = {
      upstreams: { api: { url }, shop: { binding: "SHOP" } },
      routes: [
        { match: { path: "/v1/{*rest}" }, upstream: "shop", rewrite: { strip: "/v1" }, retention_s: 7200 },
        { match: { path: "/event" }, upstream: "api", key: { from: ["json:/id"] }, caller: "route" },
      ],
    };
    await writeFile(join(folder, "gateway.jsonc"), JSON.stringify(policy));

    const { status, output } = await npm.command(folder, "check");

    expect(status).toBe(0);
    expect(output).toMatch(/^gateway\.jsonc: OK$/m);
    expect(output).toMatch(
      /^1 +POST, PATCH \/v1\/\{\*rest} +shop \(the binding SHOP\), .* authenticated +hold +2 h$/m,
    );
    expect(output).toMatch(/^2 +POST, PATCH \/event .* json:\/id, required +route /m);
    expect(output).toMatch(/^All else gets 404\.$/m);
  });

  test("names the field, its value and what would be right", async () => {
    const folder = await npm.installed();
    const policy = (more: string) =>
      `{ // A comment\n  "upstreams": { "api": { "url": "${url}" } },\n  "routes": [{ "match": { "path": "/" }, ${more} }]\n}`;

    for (const [more, error] of [
      ['"upstream": "apu"', 'routes[0].upstream must be one of upstreams (api), and is "apu"'],
      ['"upstream": "api", "retention_s": 0', "routes[0].retention_s must be from 1 to 31536000, and is 0"],
      [
        '"upstream": "api", "ttl": 9',
        "routes[0].ttl unknown field `ttl`, expected one of `match`, `upstream`",
      ],
      [
        '"upstream": "api", "caller": "me"',
        'routes[0].caller must be authenticated, route or header:NAME, and is "me"',
      ],
      ['"upstream": "api" ]', "routes[0] expected `,` or `}` at line 3 column 60"],
    ] as const) {
      await writeFile(join(folder, "other.jsonc"), policy(more));
      const { status, output } = await npm.command(folder, "check", "other.jsonc");
      expect(status).toBe(1);
      expect(output).toContain("other.jsonc: ");
      expect(output).toContain(error);
    }
  });
});

describe("gateway", () => {
  test.each([
    [
      { upstreams: { a: { url: "https://a.example" }, b: { url: "https://b.example" } } },
      "upstreams must be one",
    ],
    [{ upstreams: {} }, "upstreams must be one, which http://localhost:3000 is then, and are 0"],
    [{ upstreams: { a: { url: "ftp://a.example" } } }, "upstreams.a.url must be an https URL"],
  ])("does not take a URL for %j", async (policy, why) => {
    const folder = await npm.installed();
    await writeFile(join(folder, "other.jsonc"), JSON.stringify(policy));

    const { status, output } = await npm.command(
      folder,
      "gateway",
      "http://localhost:3000",
      "--policy",
      "other.jsonc",
    );

    expect(status).toBe(1);
    expect(output).toContain(`other.jsonc: ${why}`);
  });

  test("leaves a policy with a service binding to wrangler dev", async () => {
    const folder = await npm.installed();
    await writeFile(join(folder, "gateway.jsonc"), '{ "upstreams": { "shop": { "binding": "SHOP" } } }');

    const { status, output } = await npm.command(folder, "gateway");

    expect(status).toBe(1);
    expect(output).toContain("gateway.jsonc: upstreams.shop.binding is a service binding");
    expect(output).toContain("npx wrangler dev");
  });

  test("stands in front of an API, and still replays after kill -9", async () => {
    const folder = await npm.installed();
    const key = newKey();
    const ask = (dev: Dev) => post(dev, "/payments", key);
    const start = () => npm.gateway(folder, url);
    const answers: Answer[] = [];

    for (const times of [2, 1]) {
      const dev = await start();
      for (let time = 0; time < times; time++) answers.push(await ask(dev));
      await dev.stop();
    }

    expect(answers.map(({ status, isReplayed }) => [status, isReplayed])).toEqual([
      [201, false],
      [201, true],
      [201, true],
    ]);
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect(api.at("/payments")).toHaveLength(1);
  }, 120_000);

  test("serves the folder's policy as it changes, in front of the URL, and no wrong one", async () => {
    const folder = await npm.installed();
    const file = join(folder, "gateway.jsonc");
    const policy = (path: string) =>
      `{ "upstreams": { "api": { "url": "https://api.invalid", "headers": { "set": { "X-Key": "secret:KEY" } } } }, // Elsewhere.
         "routes": [{ "match": { "path": "${path}" }, "upstream": "api", "caller": "route" }] }`;
    await writeFile(file, policy("/one"));
    await writeFile(join(folder, ".dev.vars"), "KEY=a secret of this folder\n");
    const dev = await npm.gateway(folder, url);

    const before = [await post(dev, "/one", newKey()), await post(dev, "/two", newKey())];
    await writeFile(file, policy("two"));
    await eventually(async () => dev.printed().includes("The policy from before is still served."));
    const meanwhile = await post(dev, "/one", newKey());
    await writeFile(file, policy("/two"));
    await eventually(async () => (await post(dev, "/two", newKey())).status === 201);
    const after = await post(dev, "/one", newKey());
    await dev.stop();

    expect([...before, meanwhile, after].map(({ status }) => status)).toEqual([201, 404, 201, 404]);
    expect(dev.printed()).toContain(
      'gateway.jsonc: routes[0].match.path must begin with a slash, and is "two"',
    );
    expect(api.at("/one")[0]!.fields["x-key"]).toBe("a secret of this folder");
    expect(await readFile(file, "utf8")).toBe(policy("/two"));
  }, 120_000);
});

interface Answer {
  status: number;
  isReplayed: boolean;
  text: string;
}

async function post(dev: Dev, path: string, key: string): Promise<Answer> {
  const answer = await fetch(dev.base + path, {
    method: "POST",
    headers: { "Idempotency-Key": key, Authorization: "Basic YQ==" },
  });
  return {
    status: answer.status,
    isReplayed: answer.headers.has("Idempotent-Replayed"),
    text: await answer.text(),
  };
}
