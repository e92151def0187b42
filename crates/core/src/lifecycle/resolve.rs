//! An operator says what became of a key.

use serde::{Deserialize, Serialize};

use super::{Attempt, Record, SavedResponse, Status, UnixMillis};

/// What an operator says.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Resolution {
    /// The operation took effect; this is the answer for every retry.
    Completed(SavedResponse),
    /// It did not: the next request starts another attempt, with the same operation id.
    Failed,
    /// Whatever it did, the key is forgotten: the next request is a first one.
    Forgotten,
}

/// What becomes of a resolution.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Resolved {
    /// The record is this from now on. It must be stored before anyone is told.
    Changed(Record),
    /// The record is not AMBIGUOUS, or its attempt may still be answered: there is nothing to resolve. It is as it was.
    NotAmbiguous,
    /// There is no record, or it has expired or been forgotten.
    Unknown,
}

/// Resolves `record`, which must be AMBIGUOUS, or be found so, unless it is to be forgotten.
///
/// An attempt that is still under way settles nothing any more.
#[must_use]
pub fn resolve(
    record: Option<Record>,
    running: Option<&Attempt>,
    resolution: Resolution,
    now: UnixMillis,
) -> Resolved {
    let Some(record) = record.filter(|record| record.counts(now)) else {
        return Resolved::Unknown;
    };
    let is_awaited =
        running.is_some_and(|attempt| attempt.left_ambiguous(&record) && now < attempt.late_until);
    let record = record.as_found(running, now);
    let status = match resolution {
        Resolution::Forgotten => Status::Forgotten,
        Resolution::Completed(_) | Resolution::Failed if record.status != Status::Ambiguous => {
            return Resolved::NotAmbiguous;
        }
        // Its request may be executed just then.
        Resolution::Failed if is_awaited => return Resolved::NotAmbiguous,
        Resolution::Completed(response) => Status::Completed { response },
        Resolution::Failed => Status::Failed,
    };
    Resolved::Changed(Record {
        updated_at: now,
        status,
        ..record
    })
}
