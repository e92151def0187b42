//! The alarm rings: is the record's time over?

use super::{Record, UnixMillis};

/// What the alarm is to do.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Expiry {
    /// Delete everything the object holds.
    Delete,
    /// Ring again at this time: the record is a younger one than the alarm was set for, or the clock of
    /// the machine that rings is ahead.
    RingAt(UnixMillis),
}

/// Decides what the alarm does with `record` at `now`.
#[must_use]
pub fn expire(record: Option<&Record>, now: UnixMillis) -> Expiry {
    match record {
        Some(record) if now < record.expires_at => Expiry::RingAt(record.expires_at),
        Some(_) | None => Expiry::Delete,
    }
}
