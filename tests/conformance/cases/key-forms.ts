// What is a key, and what is none.

import type { Bench } from "../bench.ts";
import { type Case, check, equal, hasStatus, isClientError, NotApplicable } from "../case.ts";
import type { Field } from "../profile.ts";
import { sendBytes } from "../wire.ts";
import { bug, draft, policy, rfc } from "./sources.ts";

export const KEY_FORMS: Case[] = [
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
    id: "key-control-characters",
    title: "NUL and CR in a key are refused; nothing in a key writes a header line of the answer",
    source: rfc(9110, "5.5"),
    shows: [11],
    run: async (bench) => {
      const key = (inside: string) =>
        Buffer.from(`${bench.key().slice(0, 18)}${inside}${bench.key().slice(18)}`, "latin1");
      for (const inside of ["\0", "\rX-Injected: yes"]) await refusesBytes(bench, key(inside));
      const isRefused = bench.profile.key.form === "uuid-v4";
      for (const inside of ["\x1b[0m", "\x7f", "%0d%0aX-Injected: yes", "\xff\xfe"])
        if (isRefused) await refusesBytes(bench, key(inside));
        else injectsNothing(await withKeyBytes(bench, key(inside)), inside);
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

export async function refusesKey(
  bench: Bench,
  keyFields: Field[],
  status: number,
  effects = 0,
): Promise<void> {
  hasStatus(await bench.post(undefined, { keyFields }), status, `with ${JSON.stringify(keyFields)}`);
  await bench.hasEffects(effects);
}

/** Refused with 4xx, or by closing the connection, as HTTP servers do before any application sees the request. */
async function refusesBytes(bench: Bench, key: Buffer): Promise<void> {
  const answer = await withKeyBytes(bench, key);
  const shown = JSON.stringify(key.toString("latin1"));
  check(answer === "" || /^HTTP\/1.1 4\d\d/.test(answer), `the key ${shown} got ${answer.slice(0, 60)}`);
  injectsNothing(answer, shown);
  equal(await bench.effects(), 0, `effects with the key ${shown}`);
}

function injectsNothing(answer: string, key: string): void {
  const head = answer.split("\r\n\r\n")[0]!;
  check(!/^x-injected/im.test(head), `the key ${key} wrote a header line`);
}

function withKeyBytes(bench: Bench, key: Buffer): Promise<string> {
  const { url, profile } = bench.target;
  const payload = bench.payload();
  const caller = bench.caller({}).map(([name, value]) => `${name}: ${value}\r\n`);
  const head =
    `POST ${profile.routes.main.path} HTTP/1.1\r\nHost: ${url.host}\r\n${caller.join("")}Connection: close\r\n` +
    `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(payload)}\r\n${profile.key.field}: `;
  return sendBytes(url, Buffer.concat([Buffer.from(head), key, Buffer.from(`\r\n\r\n${payload}`)]));
}
