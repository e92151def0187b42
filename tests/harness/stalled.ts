// Servers that keep whoever asked waiting.

import type { ServerResponse } from "node:http";

/** No answer at all; the beginning of one; one that goes on and on. */
export type Stalled = "silent" | "unfinished" | "endless";

/** More than anybody reads: nobody who hangs up in time has been sent as much. */
const ENDLESS_BYTES = 256 * 1024 * 1024;

const CHUNK = Buffer.alloc(65_536, " ");

/** Answers with what does not end. `sent` is told of the bytes that are sent of it. */
export function stall(response: ServerResponse, stalled: Stalled, sent = (_bytes: number) => {}) {
  if (stalled === "silent") return;
  response.write('{"keys":[');
  if (stalled === "unfinished") return;
  let left_bytes = ENDLESS_BYTES;
  const send = () => {
    while (!response.destroyed && left_bytes > 0) {
      left_bytes -= CHUNK.length;
      sent(CHUNK.length);
      if (!response.write(CHUNK)) return void response.once("drain", send);
    }
  };
  send();
}
