// Stands around the bundle's entry, in the runtime. Answers `GET /__reading` with what reading has taken so far: the size
// of the wasm memory, which never shrinks, and the rows that D1 has read.

const Native = WebAssembly.Instance;
let memory;
let rowsRead = 0;

WebAssembly.Instance = function (module, imports) {
  const instance = new Native(module, imports);
  memory = instance.exports.memory;
  return instance;
};

const { default: Entry, Coordinator, Telemetry } = await import("./entry.js");

export { Coordinator, Telemetry };

/** Puts `method` in front of the one that `object` has. */
function before(object, name, method) {
  const native = object[name].bind(object);
  Object.defineProperty(object, name, { value: (...given) => method(native, ...given), configurable: true });
  return object;
}

let counted = false;

/** D1 tells itself how many rows it has read. */
function count(db) {
  if (counted) return;
  counted = true;
  const all = async (native) => {
    const result = await native();
    rowsRead += result.meta.rows_read;
    return result;
  };
  const bind = (native, ...values) => before(native(...values), "all", all);
  before(db, "prepare", (native, sql) => before(native(sql), "bind", bind));
}

export default {
  fetch(request, env, context) {
    count(env.DB);
    if (new URL(request.url).pathname !== "/__reading") return Entry.fetch(request, env, context);
    return Response.json({ memoryBytes: memory.buffer.byteLength, rowsRead });
  },
};
