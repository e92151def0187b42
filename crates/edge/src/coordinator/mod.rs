//! Stop 3 of the walk: whose turn is it? The Durable Object, one per caller and idempotency key.
//!
//! The object is a thin shell around `lifecycle`: it loads the record, asks, stores the decision, and only
//! then acts.
//!
//! Invariants:
//! - a record is stored before the first await that follows the decision (no other event comes between);
//! - after every await the record is read again before it is changed;
//! - nothing about a record leaves before it is durable: the platform's output gate holds every answer until the writes
//!   before it are. That goes for the body that is streamed after a reply too.

mod call;
mod class;
mod object;
mod decide;
mod asking;
mod execute;
mod resolve;
mod storage;
mod running;
mod attempt;
mod settle;
mod change;
mod no_answer;

pub use call::{Unreachable, ask, claim};
pub use class::Coordinator;
