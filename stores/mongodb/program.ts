// Installs NX-27017, a server that is compatible with MongoDB, into .tools/mongodb/. Debian, npm and PyPI do not have MongoDB
// itself.

import { join, resolve } from "node:path";
import { environment } from "../../scripts/python.ts";

const HOME = resolve(import.meta.dirname, "../../.tools/mongodb");

/** Its path. */
export function program(): string {
  return join(environment(HOME, join(import.meta.dirname, "requirements.txt")), "nx-27017");
}
