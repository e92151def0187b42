// An app on a phone: a folder of intents, and a process that works with it.

import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RESOURCES } from "../harness/client.ts";
import { type Asked, Driver } from "./driver.ts";

export const JSON_TYPE = { "Content-Type": "application/json" };

export class Phone {
  readonly folder: string;
  readonly #service: URL;
  readonly #driver = new Driver();

  constructor(service: URL, folder = mkdtempSync(join(tmpdir(), "edge-idempotency-"))) {
    this.#service = service;
    this.folder = folder;
  }

  ask(what: string, more: object = {}): Asked {
    return this.#driver.ask({ do: what, folder: this.folder, ...more });
  }

  /** Creates a resource that is named like the intent, so that its effects can be counted. */
  call(intent: string, more: object = {}): Asked {
    const url = new URL(RESOURCES, this.#service).href;
    const body = JSON.stringify({ name: intent });
    return this.ask("call", { intent, url, body, headers: JSON_TYPE, ...more });
  }

  /** Of its intents. */
  files(): string[] {
    return readdirSync(this.folder).filter((name) => name.startsWith("intent-"));
  }

  /** All that is on the disk. */
  stored(): string {
    const text = (name: string) => readFileSync(join(this.folder, name), "utf8");
    return readdirSync(this.folder).map(text).join("\n");
  }

  /** Ends its process, as a phone does with an app. */
  kill(): Promise<void> {
    return this.#driver.kill();
  }

  async destroy(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
