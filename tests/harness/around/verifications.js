// Stands around instance.js, in the runtime. Answers `GET /__verifications` with how many signatures the platform has
// checked so far.

import { before } from "./before.js";
import Entry from "./instance.js";

export { Coordinator, Telemetry } from "./instance.js";

let verifications = 0;

before(crypto.subtle, "verify", (native, ...given) => {
  verifications++;
  return native(...given);
});

export default {
  fetch(request, env, context) {
    if (new URL(request.url).pathname !== "/__verifications") return Entry.fetch(request, env, context);
    return Response.json(verifications);
  },
};
