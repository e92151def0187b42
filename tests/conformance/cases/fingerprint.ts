// What makes two requests the same.

import type { Bench } from "../bench.ts";
import { type Case, check, equal, hasStatus, NotApplicable } from "../case.ts";
import { longValue } from "./long-value.ts";
import { bug, draft, policy, rfc } from "./sources.ts";

export const FINGERPRINT: Case[] = [
  {
    id: "other-payload",
    title: "The same key with another payload is refused, and the first answer stays",
    source: draft("2.7"),
    shows: [34],
    run: async (bench) => {
      const key = bench.key();
      const first = await bench.first(key);
      bench.mismatches(await bench.post(key, { value: "2" }), "another payload");
      bench.replays(await bench.post(key), first);
      await bench.hasEffects(1);
    },
  },
  equalValues(
    "member-order-and-space",
    "Member order and white space do not matter",
    [35],
    [['{"a":1,"b":[2,3]}', ' {\n"b" : [ 2 , 3 ] ,\t"a":1 } ']],
  ),
  equalValues(
    "string-escapes",
    "How a string is escaped does not matter",
    [],
    [['"A/é😀"', '"\\u0041\\/\\u00e9\\ud83d\\ude00"']],
  ),
  equalValues(
    "number-spellings",
    "How a number is written does not matter",
    [38],
    [
      ["1.0", "1"],
      ["1e2", "100"],
      ["100.5", "1.0050e2"],
    ],
  ),
  differentValues("array-order", "The order of an array matters", [36], rfc(8259, "1"), [["[1,2]", "[2,1]"]]),
  differentValues("types", "The types of values matter", [37], rfc(8259, "3"), [
    ["1", '"1"'],
    ["true", '"true"'],
    ["{}", '{"a":null}'],
    ["[]", "{}"],
  ]),
  differentValues(
    "numbers-beyond-doubles",
    "Numbers with different decimal values are different, whatever they are as doubles",
    [38],
    bug("9007199254740993 was compared as 9007199254740992"),
    [
      ["9007199254740993", "9007199254740992"],
      ["123456789012345678901234567890", "123456789012345678901234567891"],
      ["0.1", "0.1000000000000000055"],
      ["1e400", "1e401"],
      ["0.01", "100"],
      ["0.1", "10"],
    ],
  ),
  differentValues("unicode-forms", "Two Unicode forms of one letter are two strings", [], rfc(8259, "8.3"), [
    ['"\\u00e9"', '"e\\u0301"'],
  ]),
  {
    id: "duplicate-members",
    title: "Two members of one name are refused or compared, never taken for something else",
    source: rfc(8259, "4"),
    shows: [39],
    run: async (bench) => {
      const key = bench.key();
      if (bench.profile.policies.duplicateMembers === "refused") {
        const answer = await bench.post(key, { value: '{"a":1,"a":2}' });
        check(answer.status >= 400 && answer.status < 500, `expected 4xx, got ${answer.status}`);
        return bench.hasEffects(0);
      }
      await bench.first(key, { value: '{"a":1,"a":2}' });
      bench.mismatches(await bench.post(key, { value: '{"a":2}' }), "one of them alone");
      bench.mismatches(await bench.post(key, { value: '{"a":2,"a":1}' }), "the other order");
    },
  },
  {
    id: "other-path",
    title: "The same key on another path never gets the first path's answer",
    source: bug("records were found by key alone"),
    shows: [40],
    needs: ["routes.other"],
    run: async (bench) => {
      const key = bench.key();
      const first = await bench.first(key);
      const { path } = bench.profile.routes.other!;
      const other = await bench.post(key, { path });
      apart(bench, other, first, bench.profile.policies.otherPath);
      bench.replays(await bench.post(key), first);
    },
  },
  {
    id: "other-method",
    title: "The same key with another method never gets the first answer",
    source: policy("methods"),
    shows: [16, 41],
    run: async (bench) => {
      const key = bench.key();
      const free = bench.key();
      const first = await bench.first(key);
      const { otherMethod } = bench.profile.policies;
      for (const method of ["PUT", "PATCH", "DELETE"]) {
        const other = await bench.post(key, { method });
        check(!other.body.equals(first.body) && !bench.isMarked(other), `${method} was replayed`);
        if (otherMethod !== "separate") hasStatus(other, otherMethod, method);
        await bench.post(free, { method });
      }
      if (otherMethod !== "separate") await bench.first(free, { tag: `${bench.tag}free` });
    },
  },
  {
    id: "other-query",
    title: "The same key with another query never gets the first answer",
    source: policy("the query"),
    shows: [42],
    run: async (bench) => {
      const key = bench.key();
      const first = await bench.first(key, { query: "?a=1" });
      for (const query of ["", "?a=2"])
        apart(bench, await bench.post(key, { query }), first, bench.profile.policies.otherQuery);
      bench.replays(await bench.post(key, { query: "?a=1" }), first);
    },
  },
  {
    id: "query-framing",
    title: "Queries whose parts join to the same text are different",
    source: bug("names and values were joined without separators"),
    shows: [43],
    run: async (bench) => {
      const key = bench.key();
      const first = await bench.first(key, { query: "?a=&a=b&c=" });
      const other = await bench.post(key, { query: "?a=&b=c&b=" });
      apart(bench, other, first, bench.profile.policies.otherQuery);
    },
  },
  {
    id: "multipart",
    title: "A form with a new boundary is refused each time, or compared; other content never replays",
    source: policy("forms"),
    shows: [44],
    run: async (bench) => {
      const key = bench.key();
      const form = (boundary: string, content: string) =>
        bench.post(key, {
          contentType: `multipart/form-data; boundary=${boundary}`,
          payload: `--${boundary}\r\nContent-Disposition: form-data; name="f"\r\n\r\n${content}\r\n--${boundary}--\r\n`,
        });
      const first = await form("one", "x");
      const retry = await form("two", "x");
      const other = await form("one", "y");
      if (bench.profile.policies.multipart === "refused") {
        for (const answer of [first, retry, other]) hasStatus(answer, [400, 415, 422], "a form");
        if (bench.profile.policies.afterRefusal === "free") await bench.isStillFree(key);
      } else {
        bench.succeeded(first, "a form");
        bench.mismatches(other, "other content");
      }
    },
  },
  {
    id: "fields-left-out",
    title: "Header fields outside the comparison may differ; the payload may not",
    source: policy("what is compared"),
    shows: [45],
    run: async (bench) => {
      const names = bench.profile.policies.fieldsLeftOut;
      if (names.length === 0) throw new NotApplicable("the profile names no such field");
      const key = bench.key();
      const first = await bench.first(key);
      for (const name of names) {
        const value = name === "Prefer" ? "wait=1" : name === "Accept" ? "application/json" : "other";
        bench.replays(await bench.post(key, { fields: [[name, value]] }), first, `another ${name}`);
      }
      bench.mismatches(
        await bench.post(key, { value: "2", fields: [[names[0]!, "other"]] }),
        "another payload",
      );
    },
  },
  {
    id: "other-key",
    title: "Another key with the same payload is a second operation",
    source: draft("2.2"),
    shows: [46],
    run: async (bench) => {
      const first = await bench.first(bench.key());
      const second = await bench.first(bench.key());
      check(!second.body.equals(first.body), "both got one answer");
      await bench.hasEffects(2);
    },
  },
  {
    id: "difference-at-the-end",
    title: "A difference in the last byte of a long payload is found",
    source: bug("only the first kilobytes were hashed"),
    shows: [47],
    run: async (bench) => {
      const key = bench.key();
      const most = (bench.profile.largest?.bytes ?? 110_000) - 10_000;
      const value = (last: string) => longValue(Math.min(most, 240_000), last);
      await bench.first(key, { value: value("a") });
      bench.mismatches(await bench.post(key, { value: value("b") }), "another last byte");
      await bench.hasEffects(1);
    },
  },
  {
    id: "exact-decimals",
    title: "A decimal comes back with the value that was sent",
    source: bug("amounts went through a binary float"),
    needs: ["routes.decimal"],
    run: async (bench) => {
      const route = bench.profile.routes.decimal!;
      for (const value of ["0.10", "99999999999999.99", "1000000.1"]) {
        const { text } = await bench.first(bench.key(), { route, value });
        const found = new RegExp(`"${route.member}"\\s*:\\s*"?(-?[\\d.]+)`).exec(text)?.[1];
        const plain = (decimal = "none") => decimal.replace(/(\.\d*?)0+$/, "$1").replace(/\.$/, "");
        equal(plain(found), plain(value), route.member);
      }
    },
  },
];

/** Refused as another request, or an operation of its own: what the profile says. */
function apart(
  bench: Bench,
  other: Awaited<ReturnType<Bench["post"]>>,
  first: Awaited<ReturnType<Bench["post"]>>,
  declared: "mismatch" | "separate",
): void {
  check(!other.body.equals(first.body) && !bench.isMarked(other), "it got the first answer");
  if (declared === "mismatch") bench.mismatches(other, "the other request");
  else bench.succeeded(other, "the other request");
}

function equalValues(id: string, title: string, shows: number[], pairs: [string, string][]): Case {
  const run = async (bench: Bench) => {
    for (const [one, other] of pairs) {
      const key = bench.key();
      const first = await bench.first(key, { value: one });
      const retry = await bench.post(key, { value: other });
      if (bench.profile.policies.compares === "json") bench.replays(retry, first, `${other} after ${one}`);
      else bench.mismatches(retry, `${other} after ${one}`);
    }
    await bench.hasEffects(pairs.length);
  };
  return { id, title, source: policy("bytes or JSON are compared"), shows, run };
}

function differentValues(
  id: string,
  title: string,
  shows: number[],
  source: string,
  pairs: [string, string][],
): Case {
  const run = async (bench: Bench) => {
    for (const [one, other] of pairs) {
      const key = bench.key();
      const first = await bench.first(key, { value: one });
      bench.mismatches(await bench.post(key, { value: other }), `${other} after ${one}`);
      bench.replays(await bench.post(key, { value: one }), first);
    }
    await bench.hasEffects(pairs.length);
  };
  return { id, title, source, shows, run };
}
