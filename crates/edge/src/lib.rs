//! The machinery of edge-idempotency: idempotency keys for HTTP APIs, at the edge.
//!
//! A Worker builds a [`Service`] of its operations, and the service lets each of them happen once however often it is
//! asked for, and gives every retry the first answer. The modules stand in the order in which a request meets them;
//! ARCHITECTURE.md is the map.

#[cfg(not(target_arch = "wasm32"))]
pub mod description;
mod service;
pub mod http;
pub mod replay;
pub mod coordinator;
pub mod operation;
pub mod telemetry;
pub mod monitor;
pub mod settings;
pub mod instance;
pub mod clock;
pub mod promptly;
pub mod outgoing;
pub mod sync_kv;
pub mod async_kv;
#[cfg(test)]
mod any_service;

pub use idempotency_core as core;
pub use service::Service;
// In the versions that the service is compiled with: a Worker's crate shows its own function to JavaScript with the
// same `wasm_bindgen`, and reaches its bindings with the same `worker`.
pub use wasm_bindgen;
pub use worker;
