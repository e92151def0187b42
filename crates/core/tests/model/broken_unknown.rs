//! Machines that are wrong about an attempt that may have taken effect: the checker must find every one of them out.

use idempotency_core::lifecycle::{
    self, Attempt, AttemptEnd, Claim, Finding, Fingerprint, NewRecord, Probe, Record, Settlement,
    Status, Terms, UnixMillis,
};

use crate::machine::Machine;

/// Goes by the terms that a record began with, whatever those of a request are.
#[derive(Clone)]
pub struct IgnoringStricterTerms;
impl Machine for IgnoringStricterTerms {
    fn claim(
        record: Option<Record>,
        running: Option<&Attempt>,
        fingerprint: Fingerprint,
        new: NewRecord,
        now: UnixMillis,
        terms: Terms,
    ) -> (Record, Claim) {
        let before = record.as_ref().filter(|record| record.counts(now));
        let repeat = before.map_or(terms.repeat, |record| record.repeat);
        let terms = Terms { repeat, ..terms };
        lifecycle::claim(record, running, fingerprint, new, now, terms)
    }
}

/// Takes an operation for failed if the attempt that repeats it sent nothing.
#[derive(Clone)]
pub struct ForgettingTheUnknown;
impl Machine for ForgettingTheUnknown {
    fn settle(
        record: Option<Record>,
        attempt: &Attempt,
        end: AttemptEnd,
        now: UnixMillis,
    ) -> Settlement {
        let attempt = Attempt {
            follows_unknown: false,
            ..attempt.clone()
        };
        lifecycle::settle(record, &attempt, end, now)
    }
}

/// Sends a request again while the late answer of the one before is awaited.
#[derive(Clone)]
pub struct RacingTheLateAnswer;
impl Machine for RacingTheLateAnswer {
    fn claim(
        record: Option<Record>,
        running: Option<&Attempt>,
        fingerprint: Fingerprint,
        new: NewRecord,
        now: UnixMillis,
        terms: Terms,
    ) -> (Record, Claim) {
        let is_ambiguous = record
            .as_ref()
            .is_some_and(|record| record.status == Status::Ambiguous);
        let running = running.filter(|_| !is_ambiguous);
        lifecycle::claim(record, running, fingerprint, new, now, terms)
    }
}

/// Believes at once that there is no effect.
#[derive(Clone)]
pub struct BelievingTooSoon;
impl Machine for BelievingTooSoon {
    fn probed(
        record: Option<Record>,
        probe: &Probe,
        finding: Finding,
        now: UnixMillis,
        terms: Terms,
    ) -> Option<(Record, Claim)> {
        let terms = Terms {
            absent_after_ms: 0,
            ..terms
        };
        lifecycle::probed(record, probe, finding, now, terms)
    }
}

/// Believes that there is no effect because there was none when it was asked.
#[derive(Clone)]
pub struct BelievingOldNews;
impl Machine for BelievingOldNews {
    fn probed(
        record: Option<Record>,
        probe: &Probe,
        finding: Finding,
        now: UnixMillis,
        terms: Terms,
    ) -> Option<(Record, Claim)> {
        let probe = Probe {
            asked_at: now,
            ..probe.clone()
        };
        lifecycle::probed(record, &probe, finding, now, terms)
    }
}

/// Takes what a probe found for true of whatever the record is by then.
#[derive(Clone)]
pub struct ProbingWithoutFencing;
impl Machine for ProbingWithoutFencing {
    fn probed(
        record: Option<Record>,
        probe: &Probe,
        finding: Finding,
        now: UnixMillis,
        terms: Terms,
    ) -> Option<(Record, Claim)> {
        let record = record?;
        let probe = Probe {
            operation_id: record.operation_id.clone(),
            attempt: record.attempts,
            ..probe.clone()
        };
        let status = Status::Ambiguous;
        lifecycle::probed(
            Some(Record { status, ..record }),
            &probe,
            finding,
            now,
            terms,
        )
    }
}

/// Never believes that there is no effect.
#[derive(Clone)]
pub struct BelievingNoProbe;
impl Machine for BelievingNoProbe {
    fn probed(
        record: Option<Record>,
        probe: &Probe,
        finding: Finding,
        now: UnixMillis,
        terms: Terms,
    ) -> Option<(Record, Claim)> {
        let finding = match finding {
            Finding::Absent => Finding::Unknown,
            Finding::Done(_) | Finding::Unknown => finding,
        };
        lifecycle::probed(record, probe, finding, now, terms)
    }
}
