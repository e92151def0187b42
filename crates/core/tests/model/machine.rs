//! The state machine under test: what the object asks, and the shipped answers.

use idempotency_core::lifecycle::{
    self, Attempt, AttemptEnd, Claim, Expiry, Finding, Fingerprint, NewRecord, Probe, Record,
    Resolution, Resolved, Settlement, Terms, UnixMillis,
};

/// What the object asks. The default answers are the shipped ones.
pub trait Machine: Clone + Send + Sync + 'static {
    fn claim(
        record: Option<Record>,
        running: Option<&Attempt>,
        fingerprint: Fingerprint,
        new: NewRecord,
        now: UnixMillis,
        terms: Terms,
    ) -> (Record, Claim) {
        lifecycle::claim(record, running, fingerprint, new, now, terms)
    }

    fn probed(
        record: Option<Record>,
        probe: &Probe,
        finding: Finding,
        now: UnixMillis,
        terms: Terms,
    ) -> Option<(Record, Claim)> {
        lifecycle::probed(record, probe, finding, now, terms)
    }

    fn settle(
        record: Option<Record>,
        attempt: &Attempt,
        end: AttemptEnd,
        now: UnixMillis,
    ) -> Settlement {
        lifecycle::settle(record, attempt, end, now)
    }

    fn resolve(
        record: Option<Record>,
        running: Option<&Attempt>,
        resolution: Resolution,
        now: UnixMillis,
    ) -> Resolved {
        lifecycle::resolve(record, running, resolution, now)
    }

    fn inspect(
        record: Option<Record>,
        running: Option<&Attempt>,
        now: UnixMillis,
    ) -> Option<Record> {
        lifecycle::inspect(record, running, now)
    }

    fn expire(record: Option<&Record>, now: UnixMillis) -> Expiry {
        lifecycle::expire(record, now)
    }
}

#[derive(Clone)]
pub struct Shipped;
impl Machine for Shipped {}
