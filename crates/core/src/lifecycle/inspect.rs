//! Somebody asks what became of a key.

use super::{Attempt, Record, UnixMillis};

/// The record as it is to be told at `now`: nothing once it has expired or been forgotten; and if it says PROCESSING but
/// the attempt died or its deadline passed, what the next request would find.
#[must_use]
pub fn inspect(
    record: Option<Record>,
    running: Option<&Attempt>,
    now: UnixMillis,
) -> Option<Record> {
    let record = record.filter(|record| record.counts(now))?;
    Some(record.as_found(running, now))
}
