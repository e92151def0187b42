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
pub mod operations;
pub mod telemetry;
pub mod monitor;
pub mod settings;
pub mod instance;
pub mod clock;
pub mod promptly;
pub mod outgoing;
pub mod sync_kv;
pub mod async_kv;

use wasm_bindgen::prelude::{JsValue, wasm_bindgen};
use worker::{Context, Env, web_sys, worker_sys};

/// Answers a request, of which `content` is the content if it has arrived: with a response, or a promise of one.
/// `arrived_at` is when the head came, in milliseconds since 1970.
#[wasm_bindgen]
#[must_use]
pub fn serve(
    request: web_sys::Request,
    content: Option<Vec<u8>>,
    arrived_at: f64,
    env: Env,
    ctx: worker_sys::Context,
) -> JsValue {
    let (arrived_at, ctx) = (clock::of_js(arrived_at), Context::new(ctx));
    promptly::promptly(async move {
        let response = http::serve(request, content, arrived_at, env, ctx).await?;
        Ok(response.into())
    })
}

/// Answers a request that was interrupted, as a rule by the end of its instance; `entry.js` calls it, in the next one.
/// `reason` is for the log.
#[wasm_bindgen]
pub fn interrupted(
    request: &web_sys::Request,
    arrived_at: f64,
    reason: String,
    env: &Env,
) -> Result<JsValue, JsValue> {
    Ok(http::interrupted(request, clock::of_js(arrived_at), reason, env)?.into())
}
