//! What a copy says of a request. Pure.

use crate::lifecycle::{Fingerprint, Record, Status, UnixMillis};

/// What a valid copy says.
#[derive(Clone, Debug, PartialEq)]
pub enum Found {
    /// The first answer, with its record.
    Replay(Record),
    /// The key belongs to another request.
    Mismatch,
}

/// What `copy` says of a request with `fingerprint` at `now`; nothing if it is no valid copy, which is the
/// same as if it were not there.
#[must_use]
pub fn judge(copy: &Record, fingerprint: Fingerprint, now: UnixMillis) -> Option<Found> {
    let Status::Completed { .. } = copy.status else {
        return None;
    };
    if now >= copy.expires_at {
        None
    } else if copy.fingerprint == fingerprint {
        Some(Found::Replay(copy.clone()))
    } else {
        Some(Found::Mismatch)
    }
}
