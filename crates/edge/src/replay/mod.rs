//! Stop 2 of the walk: do we already hold the answer? Copies of completed records, in the isolate's memory
//! and in KV.
//!
//! Invariants:
//! - only completed records are copied, and those never change;
//! - each copy has its operation, fingerprint and expiry in it, and `judge` checks them before it is used;
//! - a copy that is missing, stale, unreadable or somebody else's changes no answer: the object decides;
//! - a first request never waits for KV.

mod claim;
mod memory;
mod known;
mod kv;
mod judge;
mod publish;
#[cfg(test)]
mod any_copy;

pub use claim::{Answered, Source, claim};
pub use judge::Judgement;
pub use memory::fingerprint;
pub use publish::{forget, publish};
