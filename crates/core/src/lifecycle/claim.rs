//! A request arrives: may it execute, and if not, what is it told?

use super::{
    Attempt, Fingerprint, OperationId, Probe, Record, Repeat, SavedResponse, Status, UnixMillis,
};

/// How long things may take and whether they may be repeated, per operation.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Terms {
    /// How long a record answers, from its first request. Replays do not extend it.
    pub retention_ms: u64,
    /// How long one attempt may run before it is given up; less if the record expires before.
    pub attempt_deadline_ms: u64,
    /// For how long after its deadline the late answer of an attempt is awaited.
    pub grace_ms: u64,
    /// For how long after a record has become AMBIGUOUS a probe that finds nothing proves nothing: what an attempt has
    /// sent may still take effect.
    pub absent_after_ms: u64,
    /// Whether an attempt may be repeated of which nobody knows whether it took effect. A record that is stricter stays so.
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
    /// Another attempt is running, or its late answer awaited, at the latest until `until`; or until then a probe that
    /// finds nothing proves nothing.
    InProgress {
        /// When another request may get further.
        until: UnixMillis,
    },
    /// Its key belongs to another request.
    Mismatch,
    /// An attempt before it may have taken effect: the other system is asked, and [`probed`](super::probed) decides. The
    /// record that comes with this must be stored if its status is not what is stored.
    Probe(Probe),
    /// An attempt before it may have taken effect, and must not be repeated: nothing starts. The record that comes with
    /// this must be stored if its status is not what is stored.
    Ambiguous,
}

/// Decides what becomes of a request for `new.operation` with `fingerprint`, and what the record is from then on.
///
/// `running` is the attempt that runs in this instance of the object, if any. A record that is PROCESSING
/// without it was left by an instance that died: it is recovered at once, not waited out, or, where an attempt must not be
/// repeated, it is AMBIGUOUS at once. An attempt that runs on after its deadline is one whose late answer is awaited.
///
/// Of the record's terms and the request's, the stricter hold: what was sent where nobody would recognize it is not sent
/// again because the terms are others meanwhile, and what must not be repeated is not, whatever the terms were.
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
        let record = first(fingerprint, new, now, terms);
        return start(record, false, now, terms);
    };
    if !record.belongs_to(&new.operation, fingerprint) {
        return (record, Claim::Mismatch);
    }
    let repeat = record.repeat.max(terms.repeat);
    let was_processing = matches!(record.status, Status::Processing { .. });
    let record = if was_processing {
        Record { repeat, ..record }.as_found(running, now)
    } else {
        record
    };
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
            let since = if was_processing {
                now
            } else {
                record.updated_at
            };
            let record = Record {
                updated_at: since,
                ..record
            };
            of_unknown_outcome(record, repeat, running, now, terms)
        }
        Status::Failed | Status::Forgotten => start(Record { repeat, ..record }, false, now, terms),
    }
}

/// What becomes of a request whose key is AMBIGUOUS, where `repeat` is the stricter of its record's and its own terms.
fn of_unknown_outcome(
    record: Record,
    repeat: Repeat,
    running: Option<&Attempt>,
    now: UnixMillis,
    terms: Terms,
) -> (Record, Claim) {
    let awaited =
        running.filter(|attempt| attempt.left_ambiguous(&record) && now < attempt.late_until);
    match (repeat, awaited) {
        (Repeat::Never, _) => (record, Claim::Ambiguous),
        (Repeat::SameId | Repeat::Resend | Repeat::Probe, Some(attempt)) => {
            let until = attempt.late_until;
            (record, Claim::InProgress { until })
        }
        (Repeat::Probe, None) => {
            let probe = Probe::of(&record, now);
            (record, Claim::Probe(probe))
        }
        (Repeat::SameId | Repeat::Resend, None) => {
            start(Record { repeat, ..record }, true, now, terms)
        }
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
        trace_id: None,
        status: Status::Failed,
    }
}

/// The attempt's deadline is at the latest the record's expiry: beyond it, nobody waits for the outcome, and the
/// next request has an operation id of its own.
pub(super) fn start(
    record: Record,
    follows_unknown: bool,
    now: UnixMillis,
    terms: Terms,
) -> (Record, Claim) {
    let deadline = now
        .plus_ms(terms.attempt_deadline_ms)
        .min(record.expires_at);
    let attempt = Attempt {
        operation_id: record.operation_id.clone(),
        begun_at: record.created_at,
        number: record.attempts.saturating_add(1),
        deadline,
        late_until: deadline.plus_ms(terms.grace_ms).min(record.expires_at),
        follows_unknown,
    };
    let record = Record {
        attempts: attempt.number,
        updated_at: now,
        status: Status::Processing { deadline },
        ..record
    };
    (record, Claim::Execute(attempt))
}
