// What stands behind a command's name.

import { parseArgs } from "node:util";
import { stop } from "../build/shell.mjs";

/** The options and the named positions of `args`; whatever else is there is an error that shows `usage`. */
export function parsed(args, usage, positions, options = {}) {
  const { values, positionals } = read(args, usage, options);
  if (positionals.length > positions.length)
    stop(`${positionals[positions.length]} is too much.\nUsage: ${usage}`);
  return { ...values, ...Object.fromEntries(positionals.map((value, at) => [positions[at], value])) };
}

function read(args, usage, options) {
  try {
    return parseArgs({ args, allowPositionals: true, options });
  } catch (error) {
    return stop(`${error.message}\nUsage: ${usage}`);
  }
}
