// Starts the server of the store that the run is about, once for all files.

import { ADDRESS, kindOf, STORE } from "./index.ts";

export default async function start(): Promise<(() => Promise<void>) | undefined> {
  if (STORE === undefined) return undefined;
  const { address, stop } = await kindOf(STORE).serve();
  process.env[ADDRESS] = address;
  return stop;
}
