// Stands around the bundle's entry, in the runtime, and looks at the wasm instance.
//
// `GET /__instance` tells how many instances there have been, how large the memory of the last one is, which never
// shrinks, and how many requests are under way. `POST /__instance` changes things: `?overflow=<name>` and `?fail=<name>` make the import of
// that name overflow the stack, or throw, the next time that Rust calls it; `?later=<ms>` moves the clock.

const Native = WebAssembly.Instance;
let instances = 0;
let memory;
let underWay = 0;
/** What happens the next time that an import is called, by its name. */
const planned = new Map();
let laterMs = 0;

WebAssembly.Instance = function (module, imports) {
  const instance = new Native(module, { ...imports, "./index_bg.js": watched(imports["./index_bg.js"]) });
  instances++;
  memory = instance.exports.memory;
  return instance;
};

function watched(imports) {
  const entries = Object.entries(imports).map(([fullName, imported]) => {
    const name = /^__wbg_(.*)_[0-9a-f]+$/.exec(fullName)?.[1];
    const watched = (...given) => {
      const instead = planned.get(name) ?? imported;
      planned.delete(name);
      return instead(...given);
    };
    return [fullName, typeof imported === "function" ? watched : imported];
  });
  return Object.fromEntries(entries);
}

const overflow = () => overflow() + 1;

const fail = () => {
  throw new Error("it fails");
};

const { now } = Date;
Date.now = () => now() + laterMs;

const { default: Entry, Coordinator, Telemetry } = await import("./entry.js");

export { Coordinator, Telemetry };

export default {
  async fetch(request, env, context) {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === "/__instance") return look(searchParams);
    underWay++;
    try {
      return await Entry.fetch(request, env, context);
    } finally {
      underWay--;
    }
  },
};

function look(changes) {
  if (changes.has("overflow")) planned.set(changes.get("overflow"), overflow);
  if (changes.has("fail")) planned.set(changes.get("fail"), fail);
  laterMs += Number(changes.get("later"));
  return Response.json({ instances, memoryBytes: memory.buffer.byteLength, underWay });
}
