// What around/instance.js tells of the wasm instance in the runtime.

import { type Client, eventually } from "./client.ts";

/** The option of a server whose instance can be looked at. */
export const WATCHED = { around: "instance.js" };

export interface Instance {
  /** How many there have been. */
  instances: number;
  memoryBytes: number;
  /** How many requests have no answer yet. */
  underWay: number;
}

export async function instance(api: Client): Promise<Instance> {
  return (await api.call("/__instance")).json;
}

/** Has the next call of an import overflow the stack, or throw; or moves the clock, in milliseconds. */
export async function change(
  api: Client,
  changes: { overflow: string } | { fail: string } | { later: string },
): Promise<void> {
  await api.call(`/__instance?${new URLSearchParams(changes)}`, { method: "POST" });
}

export async function areUnderWay(api: Client, requests: number): Promise<void> {
  await eventually(async () => (await instance(api)).underWay === requests);
}
