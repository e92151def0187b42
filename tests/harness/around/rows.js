// Stands around instance.js, in the runtime. Answers `GET /__rows` with the rows that D1 has read so far.

import { before } from "./before.js";
import Entry from "./instance.js";

export { Coordinator, Telemetry } from "./instance.js";

let rowsRead = 0;
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
    if (new URL(request.url).pathname !== "/__rows") return Entry.fetch(request, env, context);
    return Response.json(rowsRead);
  },
};
