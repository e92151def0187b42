/**
 * What a store promises, as a function that runs in Node and, as its text, in a page: so it uses nothing from outside. It
 * gets what makes a store by a name, and tells what it saw, by what was done.
 */

import type { Store } from "../../packages/client/src/types.ts";

export type Open = (name: string) => Store<unknown>;

export async function observed(open: Open): Promise<Record<string, unknown>> {
  const store = open("contract");
  const write = (name: string, value: unknown) => store.update(name, () => value);
  const read = async (name: string) => {
    let found: unknown = "nothing was read";
    await store.update(name, (stored) => (found = stored));
    return found;
  };
  const increment = (name: string) => store.update(name, (stored) => ((stored as number) ?? 0) + 1);
  const seen: Record<string, unknown> = {};

  seen["what is absent is undefined"] = await read("absent");
  await write("one", { text: "ä🏭\n", list: [1, { two: null }] });
  seen["what was written is read"] = await read("one");
  await write("one", { text: "other" });
  seen["what was written last is read"] = await read("one");
  await write("a\nb: c/d", 1);
  seen["any name can be used"] = await read("a\nb: c/d");
  await store.update("one", (stored) => stored);
  seen["what is given back stays"] = await read("one");
  seen["what reading an absent value adds"] = (await store.list()).filter(([name]) => name === "absent");
  await write("one", undefined);
  seen["what is removed is undefined"] = await read("one");
  await Promise.all(Array.from({ length: 100 }, () => increment("sum")));
  seen["updates at once all count"] = await read("sum");
  const second = open("contract");
  await Promise.all(
    Array.from({ length: 50 }, (_, at) => (at % 2 ? store : second)).map((one) =>
      one.update("shared", (stored) => ((stored as number) ?? 0) + 1),
    ),
  );
  seen["updates of two stores of one name all count"] = await read("shared");
  await open("contract-2").update("elsewhere", () => 1);
  const listed = await store.list();
  seen["the list"] = listed.map(([name, value]) => [name, value]).sort();
  return seen;
}

export const EXPECTED = {
  "what is absent is undefined": undefined,
  "what was written is read": { text: "ä🏭\n", list: [1, { two: null }] },
  "what was written last is read": { text: "other" },
  "any name can be used": 1,
  "what is given back stays": { text: "other" },
  "what reading an absent value adds": [],
  "what is removed is undefined": undefined,
  "updates at once all count": 100,
  "updates of two stores of one name all count": 50,
  "the list": [
    ["a\nb: c/d", 1],
    ["shared", 50],
    ["sum", 100],
  ],
};
