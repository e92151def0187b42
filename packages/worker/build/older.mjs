// Whether something has to be made anew.

import { readdirSync, statSync, utimesSync } from "node:fs";
import { join } from "node:path";

/** Has `make` make `output`, unless that is newer than all of `inputs`. */
export function buildIfOlder(output, inputs, make) {
  const started = new Date();
  if (inputs.some((input) => isNewer(input, output))) {
    make();
    // A file saved while the build ran is newer than what was read.
    utimesSync(output, started, started);
  }
}

/** Folders count with their own time too: it changes when a file in them goes away. */
function isNewer(input, output) {
  const { mtimeMs } = statSync(output, { throwIfNoEntry: false }) ?? { mtimeMs: 0 };
  const inside = statSync(input).isDirectory() ? readdirSync(input, { recursive: true }) : [];
  return [input, ...inside.map((name) => join(input, name))].some((path) => statSync(path).mtimeMs > mtimeMs);
}
