/** A server of the built package, and of pages that tests write. */

import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { close, listen } from "../harness/listen.ts";

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
  start(): Promise<string> {
    return listen(this.#server);
  }

  stop(): void {
    close(this.#server);
  }
}
