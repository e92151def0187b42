// Stands around the bundle's entry, in the runtime: KV gives a copy only when that has expired.

import Worker, { Coordinator, Telemetry } from "./entry.js";

export { Coordinator, Telemetry };

let isSlow = false;

export default {
  fetch(request, env, context) {
    if (!isSlow) slowDown(env.REPLAYS);
    return Worker.fetch(request, env, context);
  },
};

function slowDown(copies) {
  isSlow = true;
  const get = copies.get.bind(copies);
  const slow = async (...asked) => {
    const copy = await get(...asked);
    const expiresAt = copy && /"expires_at":(\d+)/.exec(new TextDecoder().decode(copy));
    while (expiresAt && Date.now() <= Number(expiresAt[1])) await scheduler.wait(10);
    return copy;
  };
  Object.defineProperty(copies, "get", { value: slow });
}
