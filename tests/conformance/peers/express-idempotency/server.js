// express-idempotency as its README sets it up, with its own store, which is memory.

import { randomUUID } from "node:crypto";
import { setTimeout as passed } from "node:timers/promises";
import express from "express";
import { getSharedIdempotencyService, idempotency } from "express-idempotency";

const effects = [];

async function order(request, response) {
  if (getSharedIdempotencyService().isHit(request)) return;
  if (typeof request.body.tag !== "string") return response.status(400).send({ error: "no tag" });
  const fault = request.get("X-Fault") ?? "";
  await passed(Number(/delay=(\d+)/.exec(fault)?.[1] ?? 0));
  if (fault.includes("panic")) throw new Error("a bug");
  if (fault.includes("fail-before")) return response.status(500).send({ error: "before the effect" });
  const effect = { id: randomUUID(), caller: request.get("Authorization"), ...request.body };
  effects.push(effect);
  if (fault.includes("fail-after")) return response.status(500).send({ error: "after the effect" });
  response.status(201).send(effect);
}

const app = express();
app.use(express.json({ limit: "300kb" }));
app.get("/health", (_, response) => response.send("ok"));
app.get("/effects", ({ query }, response) => response.send(effects.filter(({ tag }) => tag === query.tag)));
app.post(["/orders", "/other-orders"], idempotency(), (request, response, next) => {
  order(request, response).catch(async (error) => {
    await getSharedIdempotencyService().reportError(request);
    next(error);
  });
});
app.listen(Number(process.argv[2]), "127.0.0.1");
