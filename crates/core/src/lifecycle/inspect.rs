//! Somebody asks what became of a key.

use super::{Attempt, Record, Status, UnixMillis};

/// The record as it is to be told at `now`: nothing once it has expired, and FAILED if it says PROCESSING but
/// the attempt died or was given up, which the next request would find out.
#[must_use]
pub fn inspect(
    record: Option<Record>,
    running: Option<&Attempt>,
    now: UnixMillis,
) -> Option<Record> {
    let record = record.filter(|record| now < record.expires_at)?;
    let unattended =
        matches!(record.status, Status::Processing { .. }) && !record.is_attended(running, now);
    Some(if unattended {
        Record {
            status: Status::Failed,
            ..record
        }
    } else {
        record
    })
}
