//! A request arrives: may it execute, and if not, what is it told?

use super::{Attempt, Fingerprint, OperationId, Record, Repeat, SavedResponse, Status, UnixMillis};

/// How long things may take and whether they may be repeated, per operation.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Terms {
    /// How long a record answers, from its first request. Replays do not extend it.
    pub retention_ms: u64,
    /// How long one attempt may run before it is given up; less if the record expires before.
    pub attempt_deadline_ms: u64,
    /// Whether an attempt may be repeated of which nobody knows whether it took effect.
    pub repeat: Repeat,
}

/// What a record is made of, should this request be the first of its key.
#[derive(Clone, Debug)]
pub struct NewRecord {
    /// Fresh randomness; not used when there is a record already.
    pub operation_id: OperationId,
    /// The name of the operation that is asked for.
    pub operation: String,
}

/// What becomes of the request.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Claim {
    /// It executes. The record that comes with this must be stored before anything else happens.
    Execute(Attempt),
    /// It gets the first answer.
    Replay(SavedResponse),
    /// Another attempt is running, at the latest until `until`.
    InProgress {
        /// When that attempt is given up.
        until: UnixMillis,
    },
    /// Its key belongs to another request.
    Mismatch,
    /// An attempt before it may have taken effect, and must not be repeated: nothing starts. The record that comes with
    /// this must be stored if it is not what is stored.
    Ambiguous,
}

/// Decides what becomes of a request for `new.operation` with `fingerprint`, and what the record is from then on.
///
/// `running` is the attempt that runs in this instance of the object, if any. A record that is PROCESSING
/// without it was left by an instance that died: it is recovered at once, not waited out, or, where an attempt must not be
/// repeated, it is AMBIGUOUS at once.
///
/// The mismatch comes before the status, so that a request with another payload learns nothing of it.
#[must_use]
pub fn claim(
    record: Option<Record>,
    running: Option<&Attempt>,
    fingerprint: Fingerprint,
    new: NewRecord,
    now: UnixMillis,
    terms: Terms,
) -> (Record, Claim) {
    let Some(record) = record.filter(|record| record.counts(now)) else {
        return start(first(fingerprint, new, now, terms), now, terms);
    };
    if !record.belongs_to(&new.operation, fingerprint) {
        return (record, Claim::Mismatch);
    }
    let was_processing = matches!(record.status, Status::Processing { .. });
    let record = record.as_found(running, now);
    match &record.status {
        Status::Processing { deadline } => {
            let until = *deadline;
            (record, Claim::InProgress { until })
        }
        Status::Completed { response } => {
            let response = response.clone();
            (record, Claim::Replay(response))
        }
        Status::Ambiguous => {
            let updated_at = if was_processing {
                now
            } else {
                record.updated_at
            };
            let record = Record {
                updated_at,
                ..record
            };
            (record, Claim::Ambiguous)
        }
        Status::Failed | Status::Forgotten => start(record, now, terms),
    }
}

/// A record that no attempt has touched; `start` makes its first one.
fn first(fingerprint: Fingerprint, new: NewRecord, now: UnixMillis, terms: Terms) -> Record {
    Record {
        operation_id: new.operation_id,
        operation: new.operation,
        fingerprint,
        attempts: 0,
        created_at: now,
        updated_at: now,
        expires_at: now.plus_ms(terms.retention_ms),
        repeat: terms.repeat,
        status: Status::Failed,
    }
}

/// The attempt's deadline is at the latest the record's expiry: beyond it, nobody waits for the outcome, and the
/// next request has an operation id of its own.
fn start(record: Record, now: UnixMillis, terms: Terms) -> (Record, Claim) {
    let deadline = now
        .plus_ms(terms.attempt_deadline_ms)
        .min(record.expires_at);
    let attempt = Attempt {
        operation_id: record.operation_id.clone(),
        number: record.attempts.saturating_add(1),
        deadline,
    };
    let record = Record {
        attempts: attempt.number,
        updated_at: now,
        status: Status::Processing { deadline },
        ..record
    };
    (record, Claim::Execute(attempt))
}
