//! An attempt ends: does it settle its record?

use super::{Attempt, Record, SavedResponse, Status, UnixMillis};

/// How an attempt ended.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum AttemptEnd {
    /// The operation took effect; this is its answer.
    Completed(SavedResponse),
    /// It ended without an answer. Whether it took effect is not known here, and need not be: the next
    /// attempt carries the same operation id. Where attempts must not be repeated: it did not take effect. That leaves the
    /// record as it was before the attempt, AMBIGUOUS if so.
    Failed,
    /// It may have taken effect. Where attempts may be repeated, that is no more than a failure.
    Ambiguous,
}

/// Whether an attempt settled its record.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Settlement {
    /// The record is settled by this attempt. It must be stored before anything else happens.
    Settled(Record),
    /// The attempt is not the record's current one: it changes nothing and how it ended is not reported.
    Late,
}

/// Settles `record` with how `attempt` ended.
///
/// `record` is read again after the attempt's last await. It is `None` when it expired meanwhile.
///
/// What becomes known late still settles the record if it is this attempt that left it AMBIGUOUS: nothing has been started
/// since, and nobody has resolved it. That is an answer, or that nothing took effect.
#[must_use]
pub fn settle(
    record: Option<Record>,
    attempt: &Attempt,
    end: AttemptEnd,
    now: UnixMillis,
) -> Settlement {
    let is_known = match end {
        AttemptEnd::Completed(_) => true,
        AttemptEnd::Failed => !attempt.follows_unknown,
        AttemptEnd::Ambiguous => false,
    };
    let settles =
        |record: &Record| attempt.is_current(record) || is_known && attempt.left_ambiguous(record);
    let Some(record) = record.filter(|record| settles(record) && record.counts(now)) else {
        return Settlement::Late;
    };
    let status = match end {
        AttemptEnd::Completed(response) => Status::Completed { response },
        AttemptEnd::Failed if !attempt.follows_unknown => Status::Failed,
        AttemptEnd::Failed | AttemptEnd::Ambiguous => Status::of_unknown_outcome(record.repeat),
    };
    Settlement::Settled(Record {
        updated_at: now,
        status,
        ..record
    })
}
