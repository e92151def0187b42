// Stands around the bundle's entry, in the runtime, and counts what the platform would bill, where it would bill it.
// Answers `GET /__bill` with the counts; `DELETE /__bill` sets them to nothing.
//
// The objects that the platform hands out are used as they are: only methods are put in front of theirs, on the very
// objects, because a proxy is no Durable Object's state to the runtime and no D1 database to the Rust code. What this
// module does not know how to count it refuses, so that nothing new goes uncounted.

import { before } from "./before.js";
import Entry, { Coordinator as RustCoordinator, Telemetry as RustTelemetry } from "./entry.js";

const PATH = "/__bill";

/** What the platform bills, and how much may still come of what was asked: see `countWaiting` and the timers. */
let counts = {};
let underWay = 0;
const timers = new Set();
const seen = new WeakSet();

function add(name, number = 1) {
  counts[name] = (counts[name] ?? 0) + number;
}

function refuse(object, ...names) {
  for (const name of names)
    before(object, name, () => {
      throw new Error(`The bill cannot count ${name}(): teach bench/bill/counting.js.`);
    });
}

/** Does it once for each object: the platform hands out the same one again. */
function once(object, patch) {
  if (seen.has(object)) return object;
  seen.add(object);
  patch(object);
  return object;
}

function counted(env) {
  once(env.REPLAYS, countKv);
  once(env.DB, countD1);
  return env;
}

/** A read is billed whether there is a value or not. */
function countKv(kv) {
  const counting =
    (name) =>
    (native, keys, ...rest) => {
      add(name, Array.isArray(keys) ? keys.length : 1);
      return native(keys, ...rest);
    };
  for (const name of ["get", "getWithMetadata"]) before(kv, name, counting("kvReads"));
  for (const name of ["put", "delete", "list"]) before(kv, name, counting("kvWrites"));
}

/** D1 tells itself how many rows it bills. */
function countD1(db) {
  const countRows = (result) => {
    add("d1RowsRead", result.meta.rows_read);
    add("d1RowsWritten", result.meta.rows_written);
    return result;
  };
  const countStatement = (statement) => {
    before(statement, "bind", (native, ...values) => once(native(...values), countStatement));
    for (const name of ["all", "run"]) before(statement, name, async (native) => countRows(await native()));
    refuse(statement, "first", "raw");
  };
  before(db, "prepare", (native, sql) => once(native(sql), countStatement));
  refuse(db, "batch", "exec", "withSession");
}

/** A key-value pair is a row: read, written or deleted. Setting the alarm is a row too. */
function countStorage(storage, of) {
  const read = (native, ...given) => (add(`${of}RowsRead`), native(...given));
  const written = (native, ...given) => (add(`${of}RowsWritten`), native(...given));
  const kv = storage.kv;
  const list = kv.list.bind(kv);
  before(kv, "get", read);
  before(kv, "put", written);
  before(kv, "delete", written);
  refuse(kv, "list");
  // The runtime makes another one each time it is asked for.
  Object.defineProperty(storage, "kv", { value: kv, configurable: true });
  before(storage, "setAlarm", written);
  before(storage, "deleteAll", (native) => {
    add(`${of}RowsWritten`, [...list()].length);
    return native();
  });
  refuse(storage, "get", "put", "delete", "list", "getAlarm", "deleteAlarm");
  refuse(storage, "transaction", "transactionSync");
  refuse(storage.sql, "exec");
}

/** What goes on after an answer. It may cost more, and an object is billed for the time that it takes. */
function countWaiting(context) {
  before(context, "waitUntil", (native, promise) => {
    underWay++;
    const settled = () => void underWay--;
    promise.then(settled, settled);
    return native(promise);
  });
}

// A timer is an object, and known to the Rust code by its number.
before(globalThis, "setTimeout", (native, callback, ...rest) => {
  const timer = native(
    (...given) => {
      timers.delete(Number(timer));
      return callback(...given);
    },
    ...rest,
  );
  timers.add(Number(timer));
  return timer;
});
before(globalThis, "clearTimeout", (native, timer) => {
  timers.delete(Number(timer));
  return native(timer);
});

for (const name of ["debug", "log", "info", "warn", "error"])
  before(console, name, (native, ...given) => (add("logLines"), native(...given)));

/** `Class`, with what each of its objects is asked and stores counted under `of`. */
const countedObject = (Class, of) =>
  class extends Class {
    constructor(state, env) {
      countStorage(state.storage, of);
      countWaiting(state);
      super(state, counted(env));
    }

    fetch(request) {
      add(`${of}Requests`);
      return super.fetch(request);
    }

    /** An alarm that rings is billed as a request. */
    alarm() {
      add(`${of}Requests`);
      return super.alarm();
    }
  };

export const Coordinator = countedObject(RustCoordinator, "object");
export const Telemetry = countedObject(RustTelemetry, "telemetry");

export default {
  fetch(request, env, context) {
    if (new URL(request.url).pathname === PATH) return tell(request.method);
    countWaiting(context);
    add("workerRequests");
    return Entry.fetch(request, counted(env), context);
  },
};

function tell(method) {
  if (method === "DELETE") counts = {};
  return Response.json({ counts, underWay: underWay + timers.size });
}
