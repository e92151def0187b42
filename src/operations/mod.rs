//! What this Worker makes idempotent, each operation in a file of its own: the type that reads the request, its rules, the
//! type that writes the answer, and an async function that gets the operation's id and takes effect.
//!
//! Invariant: every row is unique on the operation's id, and writing it again finds what is there.

pub mod resource;
pub mod transaction;
mod amount;
pub mod audit;
pub mod audit_logs;
mod timestamp;
#[cfg(test)]
mod any_input;
