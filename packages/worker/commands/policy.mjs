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
    return { text, outline: JSON.parse(checkJson(withoutComments(text))) };
  } catch (error) {
    return { wrong: error.message };
  }
}

/** The same of a policy in whose only upstream's place the API at `url` is; `text` is that policy. */
export async function checkInFrontOf(text, url) {
  const { outline, wrong } = await check(text);
  if (wrong !== undefined) return { wrong };
  const [upstream, ...others] = outline.upstreams;
  if (upstream === undefined || others.length > 0)
    return {
      wrong: `upstreams must be one, which ${url} is then, and are ${outline.upstreams.length}. Leave the URL out`,
    };
  const policy = JSON.parse(withoutComments(text));
  const { binding, ...rest } = policy.upstreams[upstream.name];
  policy.upstreams[upstream.name] = { ...rest, url };
  const replaced = JSON.stringify(policy, undefined, 2);
  return { text: replaced, ...(await check(replaced)) };
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
