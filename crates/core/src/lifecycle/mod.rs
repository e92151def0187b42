//! Stop 4 of the walk: whose turn is it? The decision itself, as pure functions over a record.
//!
//! Nothing here does I/O, reads a clock, draws randomness, is async or knows the `worker` crate; time and
//! identifiers are arguments. The coordinator loads a record, asks this module, stores what it says, and
//! only then acts; the model checker calls the same functions.
//! The values stand first, then the decisions in the order of a record's life, then how a record is written.
//!
//! Invariants:
//! - an operation id is minted once per record, and every attempt of that record carries it;
//! - a completed record never changes again until it expires, unless an operator has it forgotten;
//! - an attempt settles a record only while it is the record's current one;
//! - a request with another fingerprint, or for another operation, is refused before anything else about the record is
//!   considered;
//! - where an attempt must not be repeated, none starts after one that may have taken effect, unless an operator says
//!   so, or a probe where there is one;
//! - of a record's terms and a request's, the stricter hold.

mod time;
mod fingerprint;
mod saved_response;
mod status_name;
mod record;
mod claim;
mod probe;
mod settle;
mod resolve;
mod inspect;
mod expire;
mod history;
mod encoding;
pub mod frame;
#[cfg(test)]
mod any_record;

pub use claim::{Claim, NewRecord, Terms, claim};
pub use encoding::{DecodeError, FORMAT_VERSION, decode, decode_with, encode, encode_with};
pub use expire::{Expiry, MAX_RETENTION_S, expire, expire_unreadable};
pub use fingerprint::Fingerprint;
pub use history::{History, Step};
pub use inspect::inspect;
pub use probe::{Finding, probed};
pub use record::{Attempt, OperationId, Probe, Record, Repeat, Status};
pub use resolve::{Resolution, Resolved, resolve};
pub use saved_response::{OMITTED, SavedResponse};
pub use settle::{AttemptEnd, Settlement, settle};
pub use status_name::StatusName;
pub use time::UnixMillis;
