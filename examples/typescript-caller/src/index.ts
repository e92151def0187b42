// A shop's Worker in TypeScript. A checkout pays once, however often its button is clicked: the payment is an operation
// of the Worker edge-idempotency, which is called through a service binding.

interface Env {
  IDEMPOTENCY: Fetcher;
}

interface Order {
  items: { name: string; cents: number }[];
}

interface Payment {
  id: string;
  amount: number;
  currency: string;
}

/** Fields of the shop's client that its payment carries too: whose key it is, which, and in which trace. */
const FORWARDED = [
  ...["Authorization", "Idempotency-Key", "X-Idempotency-Key", "Prefer", "X-Correlation-ID"],
  ...["traceparent", "tracestate"],
];

/** Fields of the payment's answer that tell the shop's client about its key. */
const RETURNED = ["X-Idempotency-Key", "X-Idempotency-Expires-At", "Idempotent-Replayed", "X-Correlation-ID"];

export default {
  async fetch(request, env) {
    if (request.method !== "POST" || new URL(request.url).pathname !== "/checkout")
      return Response.json({ detail: "Send a POST to /checkout." }, { status: 404 });

    const order = await request.json<Order>();
    const answer = await pay(order, request, env);
    // A problem says what to do, and whether to send the same again: the client gets it as it is.
    if (!answer.ok) return answer;

    const payment = await answer.json<Payment>();
    // Only of what the payment says: so a retry gets the same again.
    const receipt = { payment: payment.id, paid: payment.amount, currency: payment.currency };
    return Response.json(receipt, { status: 201, headers: picked(answer.headers, RETURNED) });
  },
} satisfies ExportedHandler<Env>;

/** The same order makes the same request: what is compared with the first one is its body. */
function pay(order: Order, request: Request, env: Env): Promise<Response> {
  const cents = order.items.reduce((sum, item) => sum + item.cents, 0);
  const headers = picked(request.headers, FORWARDED);
  headers.set("Content-Type", "application/json");
  const body = JSON.stringify({
    amount: (cents / 100).toFixed(2),
    currency: "EUR",
    description: order.items.map(({ name }) => name).join(", "),
  });
  // The binding decides which Worker this goes to; the URL's host is what that Worker takes for its own.
  const url = new URL("/api/v1/operations/transactions", request.url);
  return env.IDEMPOTENCY.fetch(url, { method: "POST", headers, body });
}

function picked(headers: Headers, names: string[]): Headers {
  const some = new Headers();
  for (const name of names) {
    const value = headers.get(name);
    if (value !== null) some.set(name, value);
  }
  return some;
}
