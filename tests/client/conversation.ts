/** A client and an API whose answers a test writes itself, with an intent, a path and a store of the test's own. */

import { afterAll, beforeAll, beforeEach } from "vitest";
import { createIdempotentFetch } from "../../packages/client/src/index.ts";
import { memoryStore } from "../../packages/client/src/stores/memory.ts";
import type {
  Entry,
  IdempotentFetch,
  IdempotentInit,
  Options,
  Store,
} from "../../packages/client/src/types.ts";
import { eventually } from "../harness/client.ts";
import { type Exchange, ScriptedUpstream } from "../harness/scripted.ts";

export const INTENT = "checkout:17";
export const JSON_TYPE = { "Content-Type": "application/json" };
export const PROBLEM = { "Content-Type": "application/problem+json" };

/** For a file of tests; each of them begins anew. */
export function converse(): Conversation {
  const conversation = new Conversation();
  beforeAll(() => conversation.start());
  afterAll(() => conversation.api.stop());
  beforeEach(() => conversation.renew());
  return conversation;
}

export class Conversation {
  readonly api = new ScriptedUpstream();
  store!: Store<Entry>;
  idempotentFetch!: IdempotentFetch;
  path!: string;
  #origin!: string;
  #paths = 0;

  get url(): string {
    return this.#origin + this.path;
  }

  /** The requests of this test that have come. */
  get sent(): Exchange[] {
    return this.api.at(this.path);
  }

  /** Their keys. */
  get keys() {
    return this.sent.map(({ request }) => request.headers["idempotency-key"]);
  }

  async start(): Promise<void> {
    this.#origin = await this.api.start();
  }

  renew(): void {
    this.store = memoryStore();
    this.path = `/${++this.#paths}`;
    this.use();
  }

  /** A client with these options, which `post` uses from then on. */
  use(options: Partial<Options> = {}): IdempotentFetch {
    this.idempotentFetch = createIdempotentFetch({ store: this.store, ...options });
    return this.idempotentFetch;
  }

  post(body: BodyInit = "{}", init: Partial<IdempotentInit> = {}): Promise<Response> {
    return this.idempotentFetch(this.url, { method: "POST", body, intent: INTENT, ...init });
  }

  /** The nth request of this test, as soon as it has come. */
  async arrived(nth: number): Promise<Exchange> {
    await eventually(() => this.sent.length >= nth);
    return this.sent[nth - 1]!;
  }

  /** Answers the nth request. */
  async answer(nth: number, status: number, headers: Record<string, string> = {}, body = ""): Promise<void> {
    (await this.arrived(nth)).response.writeHead(status, headers).end(body);
  }
}
