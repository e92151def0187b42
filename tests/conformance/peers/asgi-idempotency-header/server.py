"""asgi-idempotency-header as its README sets it up, with the store that it has for one process."""

import asyncio
import re
import sys
import uuid
from typing import Any

import uvicorn
from fastapi import FastAPI, Header, HTTPException, Request
from idempotency_header_middleware import IdempotencyHeaderMiddleware
from idempotency_header_middleware.backends import MemoryBackend
from pydantic import BaseModel

app = FastAPI()
app.add_middleware(IdempotencyHeaderMiddleware, backend=MemoryBackend(expiry=5))
effects: list[dict] = []


class Order(BaseModel):
    tag: str
    value: Any


@app.get("/health")
def health():
    return "ok"


@app.get("/effects")
def list_effects(tag: str):
    return [effect for effect in effects if effect["tag"] == tag]


@app.post("/orders", status_code=201)
@app.post("/other-orders", status_code=201)
async def order(body: Order, request: Request, x_fault: str = Header("")):
    delay = re.search(r"delay=(\d+)", x_fault)
    await asyncio.sleep(int(delay[1]) / 1000 if delay else 0)
    if "panic" in x_fault:
        raise RuntimeError("a bug")
    if "fail-before" in x_fault:
        raise HTTPException(500, "before the effect")
    effect = {"id": str(uuid.uuid4()), "caller": request.headers.get("authorization"), **body.model_dump()}
    effects.append(effect)
    if "fail-after" in x_fault:
        raise HTTPException(500, "after the effect")
    return effect


uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="critical")
