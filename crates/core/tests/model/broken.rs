//! Machines with one thing broken each: the checker must find every one of them out.

use idempotency_core::lifecycle::{
    self, Attempt, AttemptEnd, Claim, Expiry, Fingerprint, NewRecord, OperationId, Record, Repeat,
    Resolution, Resolved, Settlement, Status, Terms, UnixMillis,
};

use crate::machine::Machine;

/// Settles whatever the record waits for.
#[derive(Clone)]
pub struct WithoutFencing;
impl Machine for WithoutFencing {
    fn settle(
        record: Option<Record>,
        attempt: &Attempt,
        end: AttemptEnd,
        now: UnixMillis,
    ) -> Settlement {
        let current = record.as_ref().map_or_else(
            || attempt.clone(),
            |record| Attempt {
                operation_id: record.operation_id.clone(),
                number: record.attempts,
                ..attempt.clone()
            },
        );
        lifecycle::settle(record, &current, end, now)
    }
}

/// Does not tell the attempts of one operation apart.
#[derive(Clone)]
pub struct SettlingForAnother;
impl Machine for SettlingForAnother {
    fn settle(
        record: Option<Record>,
        attempt: &Attempt,
        end: AttemptEnd,
        now: UnixMillis,
    ) -> Settlement {
        let number = record
            .as_ref()
            .map_or(attempt.number, |record| record.attempts);
        let latest = Attempt {
            number,
            ..attempt.clone()
        };
        lifecycle::settle(record, &latest, end, now)
    }
}

/// Settles a record as long as it is there.
#[derive(Clone)]
pub struct SettlingAfterExpiry;
impl Machine for SettlingAfterExpiry {
    fn settle(
        record: Option<Record>,
        attempt: &Attempt,
        end: AttemptEnd,
        now: UnixMillis,
    ) -> Settlement {
        let now = record.as_ref().map_or(now, |record| record.created_at);
        lifecycle::settle(record, attempt, end, now)
    }
}

/// Gives every attempt the same time, however little of it the record has left.
#[derive(Clone)]
pub struct OutlivingTheRecord;
impl Machine for OutlivingTheRecord {
    fn claim(
        record: Option<Record>,
        running: Option<&Attempt>,
        fingerprint: Fingerprint,
        new: NewRecord,
        now: UnixMillis,
        terms: Terms,
    ) -> (Record, Claim) {
        let (mut record, mut claim) =
            lifecycle::claim(record, running, fingerprint, new, now, terms);
        if let Claim::Execute(attempt) = &mut claim {
            let deadline = now.plus_ms(terms.attempt_deadline_ms);
            attempt.deadline = deadline;
            record.status = Status::Processing { deadline };
        }
        (record, claim)
    }
}

/// Lets a failed attempt write over a completed record.
#[derive(Clone)]
pub struct SettlingTwice;
impl Machine for SettlingTwice {
    fn settle(
        record: Option<Record>,
        attempt: &Attempt,
        end: AttemptEnd,
        now: UnixMillis,
    ) -> Settlement {
        match (record, end) {
            (Some(record), AttemptEnd::Failed)
                if matches!(record.status, Status::Completed { .. }) =>
            {
                Settlement::Settled(Record {
                    status: Status::Failed,
                    ..record
                })
            }
            (record, end) => lifecycle::settle(record, attempt, end, now),
        }
    }
}

/// Looks at the status first and at the fingerprint afterwards.
#[derive(Clone)]
pub struct StatusBeforeFingerprint;
impl Machine for StatusBeforeFingerprint {
    fn claim(
        record: Option<Record>,
        running: Option<&Attempt>,
        fingerprint: Fingerprint,
        new: NewRecord,
        now: UnixMillis,
        terms: Terms,
    ) -> (Record, Claim) {
        let fingerprint = match &record {
            Some(record) if !matches!(record.status, Status::Failed) => record.fingerprint,
            Some(_) | None => fingerprint,
        };
        lifecycle::claim(record, running, fingerprint, new, now, terms)
    }
}

/// Takes a path for the operation that it stood for in an earlier release.
#[derive(Clone)]
pub struct ForgettingTheOperation;
impl Machine for ForgettingTheOperation {
    fn claim(
        record: Option<Record>,
        running: Option<&Attempt>,
        fingerprint: Fingerprint,
        new: NewRecord,
        now: UnixMillis,
        terms: Terms,
    ) -> (Record, Claim) {
        let new = match &record {
            Some(record) if now < record.expires_at => NewRecord {
                operation: record.operation.clone(),
                ..new
            },
            Some(_) | None => new,
        };
        lifecycle::claim(record, running, fingerprint, new, now, terms)
    }
}

/// Believes that a running attempt will end.
#[derive(Clone)]
pub struct WithoutDeadline;
impl Machine for WithoutDeadline {
    fn claim(
        record: Option<Record>,
        running: Option<&Attempt>,
        fingerprint: Fingerprint,
        new: NewRecord,
        now: UnixMillis,
        terms: Terms,
    ) -> (Record, Claim) {
        let forgotten = record.map(|record| match record.status {
            Status::Processing { .. } => Record {
                status: Status::Processing {
                    deadline: UnixMillis(u64::MAX),
                },
                ..record
            },
            Status::Completed { .. } | Status::Failed | Status::Ambiguous | Status::Forgotten => {
                record
            }
        });
        lifecycle::claim(forgotten, running, fingerprint, new, now, terms)
    }
}

/// Believes that an attempt runs because the record says so.
#[derive(Clone)]
pub struct WaitingForTheDead;
impl Machine for WaitingForTheDead {
    fn claim(
        record: Option<Record>,
        _running: Option<&Attempt>,
        fingerprint: Fingerprint,
        new: NewRecord,
        now: UnixMillis,
        terms: Terms,
    ) -> (Record, Claim) {
        let said = record.as_ref().and_then(|record| match record.status {
            Status::Processing { deadline } => Some(Attempt {
                operation_id: record.operation_id.clone(),
                begun_at: record.created_at,
                number: record.attempts,
                deadline,
                late_until: deadline,
                follows_unknown: false,
            }),
            Status::Completed { .. } | Status::Failed | Status::Ambiguous | Status::Forgotten => {
                None
            }
        });
        lifecycle::claim(record, said.as_ref(), fingerprint, new, now, terms)
    }
}

/// Tells a status as it is stored, whether the attempt lives or not.
#[derive(Clone)]
pub struct TellingWhatIsStored;
impl Machine for TellingWhatIsStored {
    fn inspect(
        record: Option<Record>,
        _running: Option<&Attempt>,
        now: UnixMillis,
    ) -> Option<Record> {
        record.filter(|record| now < record.expires_at)
    }
}

/// Tells of a record as long as it is there.
#[derive(Clone)]
pub struct TellingAfterExpiry;
impl Machine for TellingAfterExpiry {
    fn inspect(
        record: Option<Record>,
        running: Option<&Attempt>,
        _now: UnixMillis,
    ) -> Option<Record> {
        let now = record.as_ref()?.created_at;
        lifecycle::inspect(record, running, now)
    }
}

/// Gives every attempt an operation id of its own.
#[derive(Clone)]
pub struct MintingPerAttempt;
impl Machine for MintingPerAttempt {
    fn claim(
        record: Option<Record>,
        running: Option<&Attempt>,
        fingerprint: Fingerprint,
        new: NewRecord,
        now: UnixMillis,
        terms: Terms,
    ) -> (Record, Claim) {
        let (mut record, mut claim) =
            lifecycle::claim(record, running, fingerprint, new, now, terms);
        if let Claim::Execute(attempt) = &mut claim {
            let minted = OperationId(format!("{}.{}", attempt.operation_id.0, attempt.number));
            attempt.operation_id = minted.clone();
            record.operation_id = minted;
        }
        (record, claim)
    }
}

/// Lets a record answer as long as it is there.
#[derive(Clone)]
pub struct AnsweringAfterExpiry;
impl Machine for AnsweringAfterExpiry {
    fn claim(
        record: Option<Record>,
        running: Option<&Attempt>,
        fingerprint: Fingerprint,
        new: NewRecord,
        now: UnixMillis,
        terms: Terms,
    ) -> (Record, Claim) {
        let now = match &record {
            Some(record) if matches!(record.status, Status::Completed { .. }) => record.created_at,
            Some(_) | None => now,
        };
        lifecycle::claim(record, running, fingerprint, new, now, terms)
    }
}

/// Deletes when the alarm rings, whatever there is.
#[derive(Clone)]
pub struct DeletingTooSoon;
impl Machine for DeletingTooSoon {
    fn expire(_record: Option<&Record>, _now: UnixMillis) -> Expiry {
        Expiry::Delete
    }
}

/// Repeats a dead attempt whatever its terms say.
#[derive(Clone)]
pub struct RepeatingTheDead;
impl Machine for RepeatingTheDead {
    fn claim(
        record: Option<Record>,
        running: Option<&Attempt>,
        fingerprint: Fingerprint,
        new: NewRecord,
        now: UnixMillis,
        terms: Terms,
    ) -> (Record, Claim) {
        let repeat = Repeat::SameId;
        let record = record.map(|record| Record { repeat, ..record });
        let lenient = Terms { repeat, ..terms };
        let (record, claim) = lifecycle::claim(record, running, fingerprint, new, now, lenient);
        let repeat = terms.repeat;
        (Record { repeat, ..record }, claim)
    }
}

/// Takes what nobody knows for a failure, as soon as somebody asks again.
#[derive(Clone)]
pub struct RepeatingTheAmbiguous;
impl Machine for RepeatingTheAmbiguous {
    fn claim(
        record: Option<Record>,
        running: Option<&Attempt>,
        fingerprint: Fingerprint,
        new: NewRecord,
        now: UnixMillis,
        terms: Terms,
    ) -> (Record, Claim) {
        let record = record.map(|record| match record.status {
            Status::Ambiguous => Record {
                status: Status::Failed,
                ..record
            },
            Status::Processing { .. }
            | Status::Completed { .. }
            | Status::Failed
            | Status::Forgotten => record,
        });
        lifecycle::claim(record, running, fingerprint, new, now, terms)
    }
}

/// Takes an attempt that broke off for one that had no effect.
#[derive(Clone)]
pub struct TakingUnknownForFailed;
impl Machine for TakingUnknownForFailed {
    fn settle(
        record: Option<Record>,
        attempt: &Attempt,
        end: AttemptEnd,
        now: UnixMillis,
    ) -> Settlement {
        let end = match end {
            AttemptEnd::Ambiguous => AttemptEnd::Failed,
            AttemptEnd::Completed(_) | AttemptEnd::Failed => end,
        };
        lifecycle::settle(record, attempt, end, now)
    }
}

/// Tells of a dead attempt that it failed, whatever its terms say.
#[derive(Clone)]
pub struct TellingOfFailure;
impl Machine for TellingOfFailure {
    fn inspect(
        record: Option<Record>,
        running: Option<&Attempt>,
        now: UnixMillis,
    ) -> Option<Record> {
        let repeat = Repeat::SameId;
        let record = record.map(|record| Record { repeat, ..record });
        lifecycle::inspect(record, running, now)
    }
}

/// Lets an attempt complete a record of which an operator has said that it failed.
#[derive(Clone)]
pub struct SettlingAfterTheOperator;
impl Machine for SettlingAfterTheOperator {
    fn settle(
        record: Option<Record>,
        attempt: &Attempt,
        end: AttemptEnd,
        now: UnixMillis,
    ) -> Settlement {
        let record = record.map(|record| match record.status {
            Status::Failed => Record {
                status: Status::Ambiguous,
                ..record
            },
            Status::Processing { .. }
            | Status::Completed { .. }
            | Status::Ambiguous
            | Status::Forgotten => record,
        });
        lifecycle::settle(record, attempt, end, now)
    }
}

/// Lets an operator say what became of any record.
#[derive(Clone)]
pub struct ResolvingAnything;
impl Machine for ResolvingAnything {
    fn resolve(
        record: Option<Record>,
        running: Option<&Attempt>,
        resolution: Resolution,
        now: UnixMillis,
    ) -> Resolved {
        let status = Status::Ambiguous;
        let record = record.map(|record| Record { status, ..record });
        lifecycle::resolve(record, running, resolution, now)
    }
}

/// Forgets a key and lets the attempt that runs for it go on.
#[derive(Clone)]
pub struct ForgettingButNotTheAttempt;
impl Machine for ForgettingButNotTheAttempt {
    fn resolve(
        record: Option<Record>,
        running: Option<&Attempt>,
        resolution: Resolution,
        now: UnixMillis,
    ) -> Resolved {
        match (record, resolution) {
            (Some(record), Resolution::Forgotten)
                if matches!(record.status, Status::Processing { .. }) =>
            {
                Resolved::Changed(record)
            }
            (record, resolution) => lifecycle::resolve(record, running, resolution, now),
        }
    }
}

/// Lets no operator say anything.
#[derive(Clone)]
pub struct RefusingTheOperator;
impl Machine for RefusingTheOperator {
    fn resolve(
        _record: Option<Record>,
        _running: Option<&Attempt>,
        _resolution: Resolution,
        _now: UnixMillis,
    ) -> Resolved {
        Resolved::NotAmbiguous
    }
}
