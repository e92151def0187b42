// An API that knows nothing of idempotency: each POST is one more payment.
import { createServer } from "node:http";

const payments = [];
createServer((request, response) => {
  if (request.method === "POST") payments.push({ id: payments.length + 1, at: new Date().toISOString() });
  response.setHeader("Content-Type", "application/json");
  response.statusCode = request.method === "POST" ? 201 : 200;
  response.end(`${JSON.stringify(request.method === "POST" ? payments.at(-1) : payments)}\n`);
}).listen(3000, () => console.log("An API without idempotency: http://localhost:3000/payments"));
