// The fields that carry a key, and the routes that take one.

import { type Case, check, hasStatus, NotApplicable } from "../case.ts";
import type { Field } from "../profile.ts";
import { refusesKey } from "./key-forms.ts";
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
];
