// The requests for a cart, of all tabs. They outlive a reload, which is a part of what there is to see.

/** One request with a key. */
export interface Sent {
  id: string;
  cart: string;
  /** When it was sent, in milliseconds since 1970 by this device's clock. */
  at: number;
  /** The tab that sent it. */
  tab: string;
  key: string;
  outcome: Outcome;
  /** Whether it asked for its object to be reset. */
  isKilled: boolean;
  /** The answer's status, also of one that was lost. */
  status?: number;
  isReplay?: boolean;
  /** What the answer says in full, to compare it with others. */
  body?: string;
}

export type Outcome =
  /** It has no answer yet. */
  | "waiting"
  | "answered"
  /** It was answered, and the answer was withheld. */
  | "lost"
  /** It never left: the page is offline. */
  | "unsent"
  /** The network failed, or nobody waits for the answer. */
  | "failed"
  /** The page was left before the answer came. */
  | "left";

const PREFIX = "edge-idempotency:request:";

/** In the order in which they were sent. */
export function requestsFor(cart: string): Sent[] {
  const all = names().map((name): Sent => JSON.parse(localStorage.getItem(name)!));
  const own = all.filter((sent) => sent.cart === cart);
  return own.sort((one, other) => one.at - other.at || one.id.localeCompare(other.id));
}

/** Each request has an item of its own, so tabs never write over each other's. */
export function write(sent: Sent): void {
  localStorage.setItem(PREFIX + sent.id, JSON.stringify(sent));
}

/** Forgets the requests for any other cart. */
export function keepOnly(cart: string): void {
  const kept = new Set(requestsFor(cart).map(({ id }) => PREFIX + id));
  for (const name of names()) if (!kept.has(name)) localStorage.removeItem(name);
}

/** Calls `changed` when another tab has written. */
export function whenOthersWrite(changed: () => void): void {
  addEventListener("storage", ({ key }) => key?.startsWith(PREFIX) && changed());
}

function names(): string[] {
  return Object.keys(localStorage).filter((name) => name.startsWith(PREFIX));
}
