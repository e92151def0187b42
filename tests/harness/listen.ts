// Servers of this process, on this machine alone.

import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";

/** Begins to serve at a free port; resolves with the origin, such as `http://127.0.0.1:8787`. */
export async function listen(server: Server): Promise<string> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return originOf(server);
}

export function originOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Ends with whatever is under way. */
export function close(server: Server): void {
  server.closeAllConnections();
  server.close();
}
