// The key: which header fields carry one, and what is none.

import type { Bench } from "../bench.ts";
import { type Case, check, equal, hasStatus, isClientError, NotApplicable } from "../case.ts";
import type { Field } from "../profile.ts";
import { sendBytes } from "../wire.ts";
import { bug, draft, policy, rfc } from "./sources.ts";

export const KEYS: Case[] = [
  {
    id: "key-missing",
    title: "Without a key, a route that needs one refuses, and nothing happens",
    source: draft("2.7"),
    shows: [1],
    needs: ["key.required"],
    run: async (bench) => refusesKey(bench, [], bench.profile.expects.keyMissing),
  },
  {
    id: "key-missing-is-explained",
    title: "The refusal of a missing key links to its documentation",
    source: draft("2.7"),
    shows: [2],
    needs: ["key.required"],
    run: async (bench) => {
      const answer = await bench.post(undefined);
      if (/rel="?describedby/.test(answer.field("Link") ?? "")) return;
      const type: unknown = answer.json?.type;
      check(typeof type === "string" && type !== "about:blank", "neither a problem type nor a Link is there");
      const { pathname, origin } = new URL(type, bench.target.url);
      if (origin !== bench.target.url.origin) return;
      hasStatus(await bench.request(pathname), 200, `the documentation at ${type}`);
    },
  },
  {
    id: "key-optional",
    title: "Without a key, a route that does not need one runs each time",
    source: draft("2.2"),
    shows: [3],
    needs: ["routes.optional"],
    run: async (bench) => {
      const route = bench.profile.routes.optional!;
      for (const which of ["first", "second"]) bench.succeeded(await bench.post(undefined, { route }), which);
      await bench.hasEffects(2);
    },
  },
  {
    id: "key-empty",
    title: "An empty key, or one of white space, is none",
    source: bug("all requests with an empty key shared one record"),
    shows: [4],
    needs: ["key.required"],
    run: async (bench) => {
      for (const value of ["", "   ", '""']) {
        const answer = await bench.post(undefined, { keyFields: [[bench.profile.key.field, value]] });
        isClientError(answer, `the key '${value}'`);
      }
      await bench.hasEffects(0);
    },
  },
  {
    id: "key-too-long",
    title: "A key of the greatest length is taken; one character more is refused",
    source: policy("greatest length of a key"),
    shows: [5],
    needs: ["key.maxLength"],
    run: async (bench) => {
      const longest = bench.key().padEnd(bench.profile.key.maxLength!, "k");
      await bench.first(longest);
      await refusesKey(bench, [bench.keyField(`${longest}0`)], bench.profile.expects.keyInvalid, 1);
    },
  },
  {
    id: "key-too-long-in-bytes",
    title: "A key with non-ASCII letters is not measured in characters to slip through",
    source: rfc(9651, "3.3.3"),
    shows: [6],
    needs: ["key.maxLength"],
    run: async (bench) => {
      const letters = bench.profile.key.maxLength!;
      const key = `${bench
        .key()
        .padEnd(letters, "k")
        .slice(0, letters - 1)}é`;
      await refusesBytes(bench, Buffer.from(key, "utf8"));
    },
  },
  {
    id: "key-too-short",
    title: "A key below the least length is refused",
    source: policy("least length of a key"),
    shows: [7],
    needs: ["key.minLength"],
    run: async (bench) => {
      const short = bench.key().slice(0, bench.profile.key.minLength! - 1);
      await refusesKey(bench, [bench.keyField(short)], bench.profile.expects.keyInvalid);
    },
  },
  {
    id: "key-quoted-or-bare",
    title: "A key as a structured-field string and the same key bare are one key",
    source: draft("2.1"),
    shows: [8],
    run: async (bench) => {
      if (bench.profile.key.spelling !== "either")
        throw new NotApplicable("the target takes one spelling only");
      const key = bench.key();
      const { field } = bench.profile.key;
      const first = await bench.first(undefined, { keyFields: [[field, `"${key}"`]] });
      bench.replays(await bench.post(undefined, { keyFields: [[field, key]] }), first);
      await bench.hasEffects(1);
    },
  },
  {
    id: "key-with-parameters",
    title: "Parameters of a structured-field string are no part of the key",
    source: rfc(9651, "3.3"),
    run: async (bench) => {
      if (bench.profile.key.spelling === "bare") throw new NotApplicable("the target takes no quoted key");
      const key = bench.key();
      const first = await bench.first(key);
      const keyFields: Field[] = [[bench.profile.key.field, `"${key}";v=1`]];
      bench.replays(await bench.post(undefined, { keyFields }), first);
    },
  },
  {
    id: "key-malformed-string",
    title: "A structured-field string without its end, or with an unknown escape, is refused",
    source: rfc(9651, "4.2.5"),
    shows: [9],
    run: async (bench) => {
      const { spelling, field } = bench.profile.key;
      if (spelling === "bare") throw new NotApplicable("the target takes no quoted key");
      const key = bench.key();
      for (const value of [`"${key}`, `"${key}\\x"`, `"${key}" trailing`])
        await refusesKey(bench, [[field, value]], bench.profile.expects.keyInvalid);
    },
  },
  {
    id: "key-twice",
    title: "Two lines of the key field with different keys are refused",
    source: draft("2.1"),
    shows: [10],
    run: async (bench) => {
      const keyFields = [bench.keyField(bench.key()), bench.keyField(bench.key())];
      await refusesKey(bench, keyFields, bench.profile.expects.keyInvalid);
    },
  },
  {
    id: "key-control-characters",
    title: "Control characters in a key are refused, and write no header line of the answer",
    source: rfc(9110, "5.5"),
    shows: [11],
    run: async (bench) => {
      const head = bench.key().slice(0, 18);
      for (const inside of [
        "\0",
        "\x1b[0m",
        "\x7f",
        "\rX-Injected: yes",
        "%0d%0aX-Injected: yes",
        "\xff\xfe",
      ])
        await refusesBytes(bench, Buffer.from(`${head}${inside}${bench.key().slice(18)}`, "latin1"));
    },
  },
  {
    id: "key-field-name-case",
    title: "The name of the key field may be written in any letter case",
    source: rfc(9110, "5.1"),
    shows: [12],
    run: async (bench) => {
      const key = bench.key();
      const first = await bench.first(key);
      const [name, value] = bench.keyField(key);
      for (const spelling of [name.toLowerCase(), name.toUpperCase()])
        bench.replays(await bench.post(undefined, { keyFields: [[spelling, value]] }), first, spelling);
      await bench.hasEffects(1);
    },
  },
  {
    id: "key-letter-case",
    title: "Keys that differ in letter case are two, unless they are two spellings of one UUID",
    source: rfc(9562, "4"),
    shows: [13],
    run: async (bench) => {
      const key = bench.key();
      const first = await bench.first(key);
      const other = await bench.post(key.toUpperCase());
      if (bench.profile.key.caseMatters) check(!bench.isMarked(other), "the other spelling was replayed");
      else bench.replays(other, first, "the other spelling");
      await bench.hasEffects(bench.profile.key.caseMatters ? 2 : 1);
    },
  },
  {
    id: "key-with-delimiters",
    title: "A key made to look like another scope, path or key meets no other record",
    source: bug("caller, path and key were joined with a colon"),
    shows: [14],
    run: async (bench) => {
      const key = bench.key();
      const first = await bench.first(key);
      const { path } = bench.profile.routes.main;
      for (const crafted of [`x:POST:${path}:${key}`, `${key}:`, `../${key}`, `${key}|${key}`]) {
        const answer = await bench.post(crafted);
        check(!answer.body.equals(first.body), `the key ${crafted} got the answer of ${key}`);
        check(!bench.isMarked(answer), `the key ${crafted} met a record`);
      }
    },
  },
  {
    id: "key-on-safe-methods",
    title: "GET, HEAD and OPTIONS with a key leave the key free",
    source: rfc(9110, "9.2.1"),
    shows: [15],
    run: async (bench) => {
      const key = bench.key();
      const { main, unkeyed } = bench.profile.routes;
      for (const path of [main.path, unkeyed ?? bench.profile.ready])
        for (const method of ["GET", "HEAD", "OPTIONS"]) {
          const answer = await bench.request(path, { method, fields: [bench.keyField(key)] });
          check(answer.status !== 409 && answer.status < 500, `${method} ${path}: ${answer.status}`);
          check(!bench.isMarked(answer), `${method} ${path} was replayed`);
        }
      await bench.first(key);
      await bench.hasEffects(1);
    },
  },
  {
    id: "key-on-unkeyed-route",
    title: "A key on a route that takes none changes nothing",
    source: bug("a browser that sends a key of its own was refused"),
    shows: [17],
    needs: ["routes.unkeyed"],
    run: async (bench) => {
      const path = bench.profile.routes.unkeyed!;
      const plain = await bench.request(path);
      const fields = [bench.keyField(bench.key())];
      for (const which of ["first", "second"]) {
        const answer = await bench.request(path, { fields });
        hasStatus(answer, plain.status, which);
        check(answer.body.equals(plain.body) && !bench.isMarked(answer), `${which}: another answer`);
      }
    },
  },
  {
    id: "key-in-other-field",
    title: "The same key in the target's other field is the same key",
    source: policy("a second name of the field"),
    needs: ["key.alias"],
    run: async (bench) => {
      const key = bench.key();
      const keyFields: Field[] = [[bench.profile.key.alias!, key]];
      const first = await bench.first(key);
      bench.replays(await bench.post(undefined, { keyFields }), first);
      bench.replays(await bench.post(undefined, { keyFields: [...keyFields, bench.keyField(key)] }), first);
      const mismatch = bench.profile.expects.aliasMismatch ?? bench.profile.expects.mismatch;
      hasStatus(await bench.post(undefined, { keyFields, value: "2" }), mismatch, "another payload");
      await bench.hasEffects(1);
    },
  },
  {
    id: "key-fields-differ",
    title: "Two fields that name different keys are refused",
    source: policy("a second name of the field"),
    needs: ["key.alias"],
    run: async (bench) => {
      const keyFields: Field[] = [bench.keyField(bench.key()), [bench.profile.key.alias!, bench.key()]];
      await refusesKey(bench, keyFields, bench.profile.expects.keyInvalid);
    },
  },
  {
    id: "key-of-another-form",
    title: "Where keys are UUIDs of version 4, other texts and versions are refused",
    source: draft("2.2"),
    run: async (bench) => {
      if (bench.profile.key.form !== "uuid-v4") throw new NotApplicable("the target takes any text");
      const key = bench.key();
      const others = [
        key.replaceAll("-", ""),
        `{${key}}`,
        `${key.slice(0, 14)}1${key.slice(15)}`,
        "order-17",
      ];
      for (const other of others)
        await refusesKey(bench, [bench.keyField(other)], bench.profile.expects.keyInvalid);
    },
  },
];

async function refusesKey(bench: Bench, keyFields: Field[], status: number, effects = 0): Promise<void> {
  hasStatus(await bench.post(undefined, { keyFields }), status, `with ${JSON.stringify(keyFields)}`);
  await bench.hasEffects(effects);
}

/** Refused with 4xx, or by closing the connection, as HTTP servers do before any application sees the request. */
async function refusesBytes(bench: Bench, key: Buffer): Promise<void> {
  const { url, profile } = bench.target;
  const payload = bench.payload();
  const caller = bench.caller({}).map(([name, value]) => `${name}: ${value}\r\n`);
  const head =
    `POST ${profile.routes.main.path} HTTP/1.1\r\nHost: ${url.host}\r\n${caller.join("")}Connection: close\r\n` +
    `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(payload)}\r\n${profile.key.field}: `;
  const answer = await sendBytes(
    url,
    Buffer.concat([Buffer.from(head), key, Buffer.from(`\r\n\r\n${payload}`)]),
  );
  const shown = JSON.stringify(key.toString("latin1"));
  check(answer === "" || /^HTTP\/1.1 4\d\d/.test(answer), `the key ${shown} got ${answer.slice(0, 60)}`);
  check(!/^x-injected/im.test(answer.split("\r\n\r\n")[0]!), `the key ${shown} wrote a header line`);
  equal(await bench.effects(), 0, `effects with the key ${shown}`);
}
