// Answers of unusual form. A target that can give one names the route that does, under `shapes` in its profile.

import { type Case, check, equal } from "../case.ts";
import { bug, policy, rfc } from "./sources.ts";

interface Shape {
  name: string;
  title: string;
  source: string;
  shows: number[];
  /** The fields that a replay has to repeat, line by line. */
  fields?: string[];
  /** The first answer, where it is known. */
  status?: number;
}

const SHAPES: Shape[] = [
  {
    name: "empty",
    title: "200 without content is replayed with the same length",
    source: rfc(9110, "8.6"),
    shows: [22],
    status: 200,
    fields: ["Content-Length"],
  },
  {
    name: "noContent",
    title: "204 is replayed as 204",
    source: bug("a replayed 204 had a body and became 500"),
    shows: [23],
    status: 204,
  },
  {
    name: "binary",
    title: "Bytes that are no text are replayed as they were",
    source: bug("saved answers were decoded as UTF-8"),
    shows: [24],
  },
  {
    name: "charset",
    title: "Text in another character set keeps its bytes and its charset",
    source: rfc(9110, "8.3.2"),
    shows: [25],
    fields: ["Content-Type"],
  },
  {
    name: "links",
    title: "Two Link fields and values with commas survive",
    source: rfc(9110, "5.3"),
    shows: [27],
    fields: ["Link"],
  },
  {
    name: "stream",
    title: "A streamed answer does not make the retry run again",
    source: bug("streams were not saved, and retries ran"),
    shows: [33],
  },
  {
    name: "refusal",
    title: "A refusal that the operation decided on is replayed",
    source: policy("which answers are saved"),
    shows: [62],
  },
  {
    name: "redirect",
    title: "303 is replayed with its Location",
    source: rfc(9110, "15.4.4"),
    shows: [66],
    status: 303,
    fields: ["Location"],
  },
];

export const REPLAYED_SHAPES: Case[] = [
  ...SHAPES.map(replayed),
  {
    id: "shape-cookies",
    title: "Set-Cookie is replayed line by line or not at all, never merged",
    source: rfc(6265, "3"),
    shows: [28],
    needs: ["shapes.cookies"],
    run: async (bench) => {
      const key = bench.key();
      const call = { route: bench.profile.shapes!.cookies! };
      const lines = async () =>
        (await bench.post(key, call)).fields.filter(([name]) => /^set-cookie$/i.test(name));
      const first = await lines();
      const retry = await lines();
      check(first.length === 2, `the first answer has ${first.length} cookies, not 2`);
      check([0, 2].includes(retry.length), `the replay has ${retry.length} Set-Cookie lines`);
    },
  },
];

function replayed({ name, title, source, shows, fields = [], status }: Shape): Case {
  return {
    id: `shape-${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`,
    title,
    source,
    shows,
    needs: [`shapes.${name}`],
    run: async (bench) => {
      const key = bench.key();
      const call = { route: bench.profile.shapes![name]! };
      const first = await bench.post(key, call);
      const retry = await bench.post(key, call);
      if (status !== undefined) equal(first.status, status, "the first status");
      bench.replays(retry, first);
      for (const field of fields) equal(retry.field(field), first.field(field), field);
    },
  };
}
