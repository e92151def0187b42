//! edge-idempotency: idempotency keys for HTTP APIs, at the edge.
//!
//! A Cloudflare Worker that lets an operation happen once however often it is asked for, and gives every
//! retry the first answer. The modules stand in the order in which a request meets them; ARCHITECTURE.md is
//! the map.

#[cfg(not(target_arch = "wasm32"))]
pub mod description;
pub mod http;
pub mod replay;
pub mod coordinator;
pub mod lifecycle;
pub mod operations;
pub mod telemetry;
pub mod monitor;
pub mod settings;
pub mod clock;
pub mod outgoing;
pub mod sync_kv;
pub mod async_kv;
pub mod digest;
#[cfg(test)]
mod fuzz;

use wasm_bindgen::prelude::{JsValue, wasm_bindgen};
use worker::{Context, Env, Request, Response, event, worker_sys::web_sys};

#[event(fetch)]
async fn fetch(request: Request, env: Env, context: Context) -> worker::Result<Response> {
    http::serve(request, env, context).await
}

/// Answers a request that a panic interrupted; `entry.js` calls it, in the instance that comes after.
#[wasm_bindgen]
pub fn interrupted(request: web_sys::Request, env: &Env) -> Result<web_sys::Response, JsValue> {
    let response = http::interrupted(&Request::from(request), env)?;
    Ok(response.into())
}
