//! What happened: one enum of events, written as JSON log lines.
//!
//! Invariant: no event carries a body, a credential or a caller's token.

mod event;
mod log;

pub use event::{Event, Level, Subject};
pub use log::log;
