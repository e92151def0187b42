// The policy of a gateway, as the commands read it.

import { readFileSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { stop } from "../build/shell.mjs";
import { withoutComments } from "../jsonc.js";

/** Where a policy is looked for. */
export const POLICY = "gateway.jsonc";

/** The text of the policy in `file`. */
export function textOf(file) {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    const reason = error.code === "ENOENT" ? "there is no such file" : error.message;
    return stop(`${file}: ${reason}. Write one with: npx edge-idempotency init`);
  }
}

/** The code that serves policies. */
async function rust() {
  // It throws exceptions as WebAssembly 3 has them, which Node.js 22 knows by this name.
  if (Number.parseInt(process.versions.node, 10) < 24) setFlagsFromString("--experimental-wasm-exnref");
  return import("../wasm/node.js");
}

/** What the policy comes to, or what is wrong with it: by the code that serves it. */
export async function check(text) {
  const { check: checkJson } = await rust();
  try {
    return { outline: JSON.parse(checkJson(withoutComments(text))) };
  } catch (error) {
    return { wrong: error.message };
  }
}

/** The same of a policy that has to be right. */
export async function checked(file, text) {
  const { outline, wrong } = await check(text);
  return wrong === undefined ? outline : stop(`${file}: ${wrong}`);
}

/** The policy with the API at `url` in the place of its only upstream. */
export function inFrontOf(file, text, url) {
  const policy = JSON.parse(withoutComments(text));
  const [name, ...others] = Object.keys(policy.upstreams);
  if (name === undefined || others.length > 0)
    stop(
      `${file} has ${others.length + 1} upstreams, so it is not clear which of them ${url} is. Leave the URL out.`,
    );
  const { binding, ...rest } = policy.upstreams[name];
  policy.upstreams[name] = { ...rest, url };
  return JSON.stringify(policy, undefined, 2);
}

/** A URL without a slash at its end; http is for this machine alone. */
export function urlOf(text) {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isOwn = ["localhost", "127.0.0.1", "[::1]"].includes(url?.hostname);
  if (url?.protocol !== "https:" && !(url?.protocol === "http:" && isOwn))
    stop(
      `The API's URL must be https, or http on this machine, such as http://localhost:3000; this is ${text}`,
    );
  return `${url.origin}${url.pathname.replace(/\/$/, "")}`;
}
