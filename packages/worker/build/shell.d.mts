import type { SpawnSyncOptions } from "node:child_process";

export function say(line: string): void;
export function stop(message: string): never;
export function run(
  program: string,
  args: string[],
  options?: SpawnSyncOptions,
): { ok: boolean; output: string };
export function must(program: string, args: string[], otherwise: string, options?: SpawnSyncOptions): string;
