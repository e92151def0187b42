// Runs program.mjs where there is nothing but the language, and what is listed here: no DOM, no Node. With `react-native`
// as its third argument, requests and answers are those of React Native, which are another implementation.

import { createHash, randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { createContext, SourceTextModule } from "node:vm";

const [folder, url, kind] = process.argv.slice(2);
const platform = { fetch, Request, Response, Headers, AbortController, crypto };
const given = kind === "react-native" ? await reactNative() : platform;
const context = createContext({
  ...given,
  TextEncoder,
  atob,
  btoa,
  setTimeout,
  clearTimeout,
  console,
  process: { argv: ["", "", folder, url] },
});

const load = async (path) => {
  const module = new SourceTextModule(readFileSync(path, "utf8"), { context, importModuleDynamically: load });
  await module.link(load);
  await module.evaluate();
  return module;
};
await load(new URL("program.mjs", import.meta.url));

/** Its classes, and what stands in for the device's network. It has no Web Cryptography, and its signals no reasons. */
async function reactNative() {
  globalThis.self = globalThis;
  const { Headers, Request, Response } = await import("whatwg-fetch");
  const { AbortController } = await import("abort-controller");
  const send = async (input, { method, headers, body }) => {
    const answer = await fetch(input, { method, headers: [...headers], body });
    return new Response(await answer.text(), { status: answer.status, headers: [...answer.headers] });
  };
  const cryptography = {
    newKey: randomUUID,
    sha256: (bytes) => Uint8Array.from(createHash("sha256").update(bytes).digest()).buffer,
  };
  return { fetch: send, Headers, Request, Response, AbortController, cryptography };
}
