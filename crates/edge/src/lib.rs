//! The machinery of edge-idempotency: idempotency keys for HTTP APIs, at the edge.
//!
//! A Worker builds a [`Service`] of its operations, and the service lets each of them happen once however often it is
//! asked for, and gives every retry the first answer. The modules stand in the order of the walk that
//! ARCHITECTURE.md describes: the description and the service look at all, then come the stops of a request, then what any
//! of them uses. Imports go forward along the list.

#[cfg(not(target_arch = "wasm32"))]
pub mod description;
mod service;
pub mod http;
pub mod replay;
pub mod coordinator;
pub mod gateway;
pub mod operation;
pub mod monitor;
pub mod telemetry;
pub mod settings;
pub mod store;
pub mod problem_type;
mod catalogue;
pub mod instance;
pub mod outgoing;
pub mod async_kv;
pub mod sync_kv;
pub mod tasks;
pub mod clock;
#[cfg(test)]
mod any_service;

pub use idempotency_core as core;
pub use service::Service;
// In the versions that the service is compiled with: a Worker's crate shows its own function to JavaScript with the
// same `wasm_bindgen`, and reaches its bindings with the same `worker`.
pub use wasm_bindgen;
pub use worker;
