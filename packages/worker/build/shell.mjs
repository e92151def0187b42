// What the scripts that prepare a fresh clone share. They run before any npm package is there, so they
// use nothing but Node 20.

import { spawnSync } from "node:child_process";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";

// rustup adds its folder to the PATH of shells that are opened later.
process.env.PATH += delimiter + join(homedir(), ".cargo/bin");

/** Says in one line what is about to take time. */
export function say(line) {
  console.log(`• ${line}`);
}

/** Ends the command with a message for the person who typed it, who has no use for a stack trace. */
export function stop(message) {
  console.error(`\n${message}\n`);
  process.exit(1);
}

/** Runs a program in silence; `output` is what it printed, for when it failed. */
export function run(program, args, options = {}) {
  const { status, error, stdout, stderr } = spawnSync(program, args, {
    encoding: "utf8",
    maxBuffer: 1 << 28,
    stdio: ["ignore", "pipe", "pipe"],
    ...options,
  });
  if (error) {
    return { ok: false, output: error.code === "ENOENT" ? `${program} is not installed` : error.message };
  }
  return { ok: status === 0, output: `${stdout}${stderr}`.trim() };
}

/** Runs a program that has to succeed; `otherwise` says what the reader can do about it. */
export function must(program, args, otherwise, options) {
  const { ok, output } = run(program, args, options);
  if (!ok) {
    const lines = output.split("\n").filter((line) => !/^(npm error)? +at /.test(line));
    stop(`${lines.slice(-12).join("\n")}\n\n${otherwise}`);
  }
  return output;
}
