/** A server of the built package, and of pages that tests write. */

import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";

/** The folder of the built package. */
export const DIST = join(import.meta.dirname, "../../packages/client/dist");

export class Files {
  /** By path, what is there beside the package, whose files are at the root. */
  readonly pages = new Map<string, string>([
    ["/", "<!doctype html><title>Empty</title><link rel=icon href=data:>"],
  ]);
  readonly #server = createServer(({ url = "" }, response) => {
    const page = this.pages.get(url);
    if (page !== undefined) return void response.setHeader("Content-Type", "text/html").end(page);
    const file = join(DIST, url.replace(/^\/client/, ""));
    if (!existsSync(file)) return void response.writeHead(404).end();
    response.setHeader("Content-Type", "text/javascript").end(readFileSync(file));
  });

  /** Resolves with the origin. */
  async start(): Promise<string> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}
