// The way to the service, with what can go wrong on it.

import { type Sent, write } from "./journal.ts";

/** What is to go wrong. */
export interface Faults {
  /** Whether nothing leaves the page. */
  readonly isOffline: boolean;
  /** Whether this is to happen to the next request; asking takes it back. */
  take(fault: "lose" | "kill"): boolean;
}

export const KEY = "Idempotency-Key";

/** A reload keeps it, another tab has another. */
const TAB: string = (sessionStorage["edge-idempotency:tab"] ??= crypto.randomUUID());

export class Network {
  readonly #faults: Faults;
  readonly #changed: (sent: Sent) => void;
  readonly #waiting = new Set<Sent>();

  /** `changed` is called when a request is sent, and when it has ended. */
  constructor(faults: Faults, changed: (sent: Sent) => void) {
    this.#faults = faults;
    this.#changed = changed;
    addEventListener("pagehide", () => this.#waiting.forEach((sent) => this.#end(sent, { outcome: "left" })));
  }

  /** Sends a request for a cart, as `fetch` does. */
  async send(cart: string, request: Request): Promise<Response> {
    if (this.#faults.isOffline) {
      this.#end(this.#begin(cart, request), { outcome: "unsent" });
      throw new TypeError("The page is offline.");
    }
    const isKilled = this.#faults.take("kill");
    const isLost = !isKilled && this.#faults.take("lose");
    if (isKilled) request.headers.set("X-Fault", "abort-after");
    const sent = this.#begin(cart, request);
    try {
      const answer = await fetch(request);
      const body = await answer.clone().text();
      const isReplay = answer.headers.get("Idempotent-Replayed") === "true";
      this.#end(sent, { outcome: isLost ? "lost" : "answered", status: answer.status, isReplay, body });
      if (!isLost) return answer;
    } catch (error) {
      this.#end(sent, { outcome: "failed" });
      throw error;
    }
    throw new TypeError("The answer was lost.");
  }

  #begin(cart: string, { headers }: Request): Sent {
    const sent: Sent = {
      id: crypto.randomUUID(),
      cart,
      at: Date.now(),
      tab: TAB,
      key: headers.get(KEY)!,
      outcome: "waiting",
      isKilled: headers.has("X-Fault"),
    };
    this.#waiting.add(sent);
    this.#tell(sent);
    return sent;
  }

  /** What has ended once stays as it is: a page that is left lets its requests fail. */
  #end(sent: Sent, how: Partial<Sent>): void {
    if (this.#waiting.delete(sent)) this.#tell(Object.assign(sent, how));
  }

  #tell(sent: Sent): void {
    write(sent);
    this.#changed(sent);
  }
}

export function isOfThisTab({ tab }: Sent): boolean {
  return tab === TAB;
}
