// The shop's service worker: it sends what is in the outbox when no page does.

import { createIdempotentFetch } from "../../../packages/client/src/index.ts";
import { createOutbox } from "../../../packages/client/src/outbox.ts";
import { indexedDBStore } from "../../../packages/client/src/stores/indexeddb.ts";

createOutbox({
  fetch: createIdempotentFetch({ store: indexedDBStore("intents"), deadlineMs: 1500 }),
  store: indexedDBStore("outbox"),
  init: () => ({ headers: { Authorization: "Bearer of-the-worker" } }),
}).start();
