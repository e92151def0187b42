// The first answer, again: which part of it, how marked, how exact.

import { type Case, check, equal, hasStatus, isClientError, NotApplicable, times } from "../case.ts";
import { longValue } from "./long-value.ts";
import { bug, draft, rfc, STRIPE } from "./sources.ts";

export const REPLAY: Case[] = [
  {
    id: "replay",
    title: "The same request again gets the first answer, and nothing happens",
    source: draft("2.6"),
    shows: [18],
    run: async (bench) => {
      const key = bench.key();
      const first = await bench.first(key);
      bench.replays(await bench.post(key), first);
      await bench.hasEffects(1);
    },
  },
  {
    id: "replay-often",
    title: "Five repetitions: one effect, five equal answers",
    source: STRIPE,
    shows: [19],
    run: async (bench) => {
      const key = bench.key();
      const first = await bench.first(key);
      for (const i of times(5, (i) => i + 1)) bench.replays(await bench.post(key), first, `retry ${i}`);
      await bench.hasEffects(1);
    },
  },
  {
    id: "replay-is-marked",
    title: "A replay carries a marker; the first answer and a refusal do not",
    source: STRIPE,
    shows: [20],
    needs: ["expects.replayMarker"],
    run: async (bench) => {
      const key = bench.key();
      await bench.first(key);
      check(bench.isMarked(await bench.post(key)), "the replay is not marked");
      check(!bench.isMarked(await bench.post(key, { value: "2" })), "the refusal is marked");
    },
  },
  {
    id: "replay-keeps-location",
    title: "201 with Location is replayed as 201 with the same Location, and that leads to the thing made",
    source: rfc(9110, "15.3.2"),
    shows: [21],
    needs: ["routes.location"],
    run: async (bench) => {
      const key = bench.key();
      const call = { route: bench.profile.routes.location! };
      const first = await bench.first(key, call);
      const retry = await bench.post(key, call);
      bench.replays(retry, first);
      hasStatus(first, 201, "the first request");
      check(first.field("Location") !== undefined, "the first answer has no Location");
      equal(retry.field("Location"), first.field("Location"), "Location");
      equal(retry.field("Content-Type"), first.field("Content-Type"), "Content-Type");
      const { pathname } = new URL(first.field("Location")!, bench.target.url);
      const read = await bench.request(pathname);
      hasStatus(read, 200, `GET ${pathname}`);
    },
  },
  {
    id: "replay-content-coding",
    title: "A client that takes compressed answers and one that does not get the same content",
    source: rfc(9110, "8.4"),
    shows: [26],
    run: async (bench) => {
      const key = bench.key();
      const first = await bench.first(key, { fields: [["Accept-Encoding", "identity"]] });
      const retry = await bench.post(key, { fields: [["Accept-Encoding", "gzip"]] });
      const coded = retry.field("Content-Encoding");
      const stream = new Blob([new Uint8Array(retry.body)]).stream();
      const plain = coded === "gzip" ? stream.pipeThrough(new DecompressionStream("gzip")) : stream;
      equal(await new Response(plain).text(), first.text, "the content");
    },
  },
  {
    id: "replay-regenerates-framing",
    title: "Length, date and connection fields describe the replay, not the first answer",
    source: rfc(9110, "7.6.1"),
    shows: [29],
    run: async (bench) => {
      const key = bench.key();
      const first = await bench.first(key);
      const retry = await bench.post(key);
      const length = retry.field("Content-Length");
      if (length !== undefined) equal(Number(length), retry.body.length, "Content-Length");
      check(!/,/.test(length ?? ""), "Content-Length is there twice");
      const age_s = (retry.receivedAt - Date.parse(retry.field("Date") ?? "")) / 1000;
      check(!(age_s > 5), `Date is ${age_s} s old`);
      check(!/keep-alive/i.test(retry.field("Connection") ?? ""), "Connection contradicts the request's");
      equal(retry.fields.length >= first.fields.length, true, "the replay has the first answer's fields");
    },
  },
  {
    id: "replay-is-not-cached",
    title: "No shared cache may keep an answer to a keyed request",
    source: rfc(9111, "3"),
    shows: [30],
    run: async (bench) => {
      const key = bench.key();
      for (const answer of [
        await bench.first(key),
        await bench.post(key),
        await bench.post(key, { value: "2" }),
      ]) {
        const allows = answer.field("Cache-Control") ?? "no-store";
        check(!/public|s-maxage|max-age=[1-9]/.test(allows), `Cache-Control: ${allows}`);
      }
    },
  },
  {
    id: "degenerate-payloads",
    title: "{}, null and nothing at all are answered the same each time",
    source: bug("an empty body was fingerprinted as no request"),
    shows: [31],
    run: async (bench) => {
      for (const payload of ["{}", "null", ""]) {
        const key = bench.key();
        const first = await bench.post(key, { payload });
        const second = await bench.post(key, { payload });
        equal(second.status, first.status, `the status of '${payload}'`);
        check(first.status < 500, `'${payload}' got ${first.status}`);
      }
    },
  },
  {
    id: "large-answer",
    title: "An answer as large as the target can give does not make the retry run again",
    source: bug("answers over the store's limit were not saved, and retries ran"),
    shows: [32],
    needs: ["largest"],
    run: async (bench) => {
      const key = bench.key();
      const rest = bench.payload({ value: "" }).length;
      const value = longValue(bench.profile.largest!.bytes - rest);
      const first = await bench.first(key, { value });
      bench.replays(await bench.post(key, { value }), first);
      await bench.hasEffects(1);
    },
  },
  {
    id: "payload-of-60-kb",
    title: "A payload of 60 kB is retried unchanged and replayed",
    source: bug("bodies beyond the first chunk were cut off"),
    shows: [48],
    run: async (bench) => {
      const key = bench.key();
      const value = JSON.stringify("0123456789".repeat(6_000));
      const first = await bench.first(key, { value });
      bench.replays(await bench.post(key, { value }), first);
      await bench.hasEffects(1);
    },
  },
  {
    id: "payload-in-chunks",
    title: "A retry in chunks, without a length, is the same request",
    source: rfc(9112, "7.1"),
    run: async (bench) => {
      const key = bench.key();
      const first = await bench.first(key);
      bench.replays(await bench.post(key, { chunked: true }), first);
      await bench.hasEffects(1);
    },
  },
  {
    id: "payload-too-large",
    title: "A payload over the limit is refused, and the key stays free",
    source: rfc(9110, "15.5.14"),
    needs: ["largest"],
    run: async (bench) => {
      const key = bench.key();
      const { bytes, status } = bench.profile.largest!;
      hasStatus(await bench.post(key, { value: longValue(bytes) }), status, "too large");
      await bench.isStillFree(key);
    },
  },
  {
    id: "payload-malformed",
    title: "What is no JSON is refused, and the key stays free",
    source: STRIPE,
    run: async (bench) => {
      if (bench.profile.policies.compares === "bytes") throw new NotApplicable("payloads are bytes to it");
      const key = bench.key();
      for (const payload of ["{", "{}{}", '{"a":01}', "NaN", "\u0000"])
        isClientError(await bench.post(key, { payload }), JSON.stringify(payload));
      await bench.isStillFree(key);
    },
  },
  {
    id: "replay-has-its-own-correlation-id",
    title: "A replay carries the correlation id of its own request",
    source: bug("a replay repeated the trace id of the first request"),
    needs: ["correlation"],
    run: async (bench) => {
      const key = bench.key();
      const { field } = bench.profile.correlation!;
      const answer = await bench.first(key, { fields: [[field, "conformance-1"]] });
      equal(answer.field(field), "conformance-1", "the first answer");
      const retry = await bench.post(key, { fields: [[field, "conformance-2"]] });
      equal(retry.field(field), "conformance-2", "the replay");
      const forged = await bench.post(key, { fields: [[field, 'a" level="error']] });
      check(forged.field(field) !== 'a" level="error', "a correlation id with quotes was taken over");
    },
  },
];
