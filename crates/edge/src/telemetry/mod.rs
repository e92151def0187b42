//! What happened: one enum of events, written as JSON log lines, and added up for those who watch.
//! The files stand in the order in which an event meets them.
//!
//! Invariants:
//! - no event carries a body, a credential or a caller's token;
//! - each keyed request has one event with an outcome;
//! - nothing waits for an event to arrive anywhere.

mod event;
mod severity;
mod asked;
mod gather;
mod log;
mod facets;
mod outcome;
mod tally;
mod histogram;
mod held;
mod records;
mod held_keys;
mod batch;
mod upstreams;

pub use asked::Tell;
pub use batch::{Batch, MAX_BYTES as MAX_BATCH_BYTES};
pub use event::{Event, Subject};
pub use gather::{gather_nothing, has_gathered, take_gathered, tell};
pub use held::Held;
pub use held_keys::{HeldKey, HeldKeys};
pub use histogram::{BOUNDS_MS, Histogram};
pub use outcome::Outcome;
pub use records::{Count, Move, Place};
pub use tally::{Tally, increase};
pub use upstreams::Asking;
