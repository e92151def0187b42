// Stands around the bundle's entry, in the runtime, and has parts of the platform not answer, or answer late.
//
// `PUT /__stalled?part=&ms=` says of D1, assets or a monitor by its name how long it takes from then on; without `ms` it
// never answers. `DELETE /__stalled` has everything answer again.

import { before } from "./before.js";
import Entry from "./entry.js";

export { Coordinator, Telemetry } from "./entry.js";

/** By part: how many milliseconds it takes. */
const stalled = new Map();
const seen = new WeakSet();

async function answerOf(part, answer) {
  const ms = stalled.get(part);
  if (ms === undefined) return answer();
  await new Promise((resolve) => ms !== Infinity && setTimeout(resolve, ms));
  return answer();
}

function stalling(env) {
  if (seen.has(env.DB)) return env;
  seen.add(env.DB);
  const statement = (made) => {
    before(made, "bind", (native, ...values) => statement(native(...values)));
    before(made, "all", (native) => answerOf("D1", native));
    return made;
  };
  before(env.DB, "prepare", (native, sql) => statement(native(sql)));
  before(env.ASSETS, "fetch", (native, request) => answerOf("assets", () => native(request)));
  before(env.TELEMETRY, "getByName", (native, name) => {
    const stub = native(name);
    return { fetch: (...given) => answerOf(name, () => stub.fetch(...given)) };
  });
  return env;
}

export default {
  fetch(request, env, context) {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname !== "/__stalled") return Entry.fetch(request, stalling(env), context);
    if (request.method === "DELETE") stalled.clear();
    else
      for (const part of searchParams.getAll("part"))
        stalled.set(part, Number(searchParams.get("ms") ?? Infinity));
    return new Response();
  },
};
