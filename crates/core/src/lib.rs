//! The decisions of edge-idempotency, and the values they are about.
//!
//! Nothing here does I/O, reads a clock, draws randomness, is async or knows the platform: what a decision needs is an
//! argument. The modules stand in the order in which a request meets them.

mod address;
mod fault;
mod json;
mod parse;
mod json_mistakes;
mod multipart;
mod trace;
mod origin;
mod request;
mod message;
pub mod lifecycle;
mod reply;
mod upstream_error;
pub mod digest;
#[cfg(test)]
mod any_json;
#[cfg(test)]
mod any_multipart;
#[cfg(test)]
mod any_trace;
#[cfg(test)]
mod any_message;
#[cfg(any(test, feature = "fuzz"))]
pub mod fuzz;

pub use address::{CompositeKey, IdempotencyKey, KeyForm, Scope};
pub use fault::{Fault, parse_faults};
pub use json::Json;
pub use message::{Asked, Message, MessageError, Ruling};
pub use multipart::digest_of_parts;
pub use origin::Origin;
pub use reply::{Claimed, Inspected, Reply, ReplyKind, Silence};
pub use request::{Request, Variables};
pub use trace::trace_id;
pub use upstream_error::UpstreamError;
