// Which Node.js the commands run in.

import { stop } from "../build/shell.mjs";

/** What wrangler needs. */
const OLDEST = [22, 12];

export function requireNode() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1]))
    stop(`Node.js ${OLDEST.join(".")} or newer is needed; this is ${process.versions.node}.`);
}
