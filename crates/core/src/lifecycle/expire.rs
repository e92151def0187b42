//! The alarm rings: is the record's time over?

use super::{Record, UnixMillis};

/// The longest retention that there is, in seconds: a year. What is older than that has expired, whatever it is.
pub const MAX_RETENTION_S: u64 = 31_536_000;

/// How soon the alarm looks again at a record that it could not read, in milliseconds. A day: a release that reads it
/// may be there by then, and the log reports the record as often.
const LOOK_AGAIN_MS: u64 = 86_400_000;

/// What the alarm is to do.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Expiry {
    /// Delete everything the object holds.
    Delete,
    /// Ring again at this time: the record is a younger one than the alarm was set for, or the clock of
    /// the machine that rings is ahead, or the record cannot be read.
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

/// Decides what the alarm does at `now` with a record that cannot be read, and could not `since` then.
///
/// It may have a part of its retention before it, however unlikely: an alarm may ring too early, and a later release may
/// set it for something else. Deleted too soon, its operation could happen a second time.
#[must_use]
pub const fn expire_unreadable(since: UnixMillis, now: UnixMillis) -> Expiry {
    if since.ms_until(now) >= MAX_RETENTION_S.saturating_mul(1000) {
        Expiry::Delete
    } else {
        Expiry::RingAt(now.plus_ms(LOOK_AGAIN_MS))
    }
}
