// What is bought. All tabs of this browser have the same cart, and so the same intent.

const NAME = "edge-idempotency:cart";

export const PAYMENT = { amount: 99.95, currency: "USD", description: "One coffee machine" };

/** The cart's id: that of another tab, if there is one. */
export function cartId(): string {
  return localStorage.getItem(NAME) ?? newCart();
}

export function newCart(): string {
  const id = crypto.randomUUID();
  localStorage.setItem(NAME, id);
  return id;
}

/** The name of what is to happen, however often it is asked for. */
export function intentOf(cart: string): string {
  return `checkout:${cart}`;
}

/** Calls `changed` when another tab has begun a new cart. */
export function whenCartChanges(changed: () => void): void {
  addEventListener("storage", ({ key }) => (key === NAME || key === null) && changed());
}
