//! The decisions about a record of which nobody knows whether its operation took effect: whether it is sent again, and
//! what a probe says.

#![allow(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may panic: that is how it fails"
)]

use idempotency_core::lifecycle::{
    Attempt, AttemptEnd, Claim, Finding, Fingerprint, NewRecord, OperationId, Probe, Record,
    Repeat, SavedResponse, Settlement, Status, Terms, UnixMillis, claim, probed, settle,
};

const START: UnixMillis = UnixMillis(10_000);
const TIMED_OUT: UnixMillis = UnixMillis(10_100);
const GRACE_OVER: UnixMillis = UnixMillis(10_150);

#[test]
fn a_retry_sends_the_request_again_with_the_same_id_once_no_late_answer_is_awaited() {
    let (record, first) = left_unknown(Repeat::Resend);

    let (_, meanwhile) = ask(&record, Some(&first), TIMED_OUT, Repeat::Resend);
    let (again, claimed) = ask(&record, Some(&first), GRACE_OVER, Repeat::Resend);

    assert_eq!(meanwhile, Claim::InProgress { until: GRACE_OVER });
    let second = executed(claimed);
    assert_eq!((second.number, second.follows_unknown), (2, true));
    assert_eq!(second.operation_id, first.operation_id);
    assert!(second.is_current(&again));
    assert!(!first.follows_unknown);
}

#[test]
fn the_stricter_of_a_records_terms_and_a_requests_hold() {
    let strictness = [Repeat::Resend, Repeat::Probe, Repeat::Never];
    for (at, of_record) in strictness.into_iter().enumerate() {
        for (asked_at, of_request) in strictness.into_iter().enumerate() {
            let (record, _) = left_unknown(of_record);

            let (_, claimed) = ask(&record, None, GRACE_OVER, of_request);

            let is_right = match strictness[at.max(asked_at)] {
                Repeat::Resend => matches!(claimed, Claim::Execute(_)),
                Repeat::Probe => matches!(claimed, Claim::Probe(_)),
                Repeat::Never | Repeat::SameId => claimed == Claim::Ambiguous,
            };
            assert!(is_right, "{of_record:?} {of_request:?}: {claimed:?}");
        }
    }
}

#[test]
fn a_dead_attempt_is_held_if_the_terms_have_become_stricter() {
    let (record, _) = first(Repeat::SameId);

    let (found, claimed) = ask(&record, None, START, Repeat::Never);

    assert_eq!(claimed, Claim::Ambiguous);
    assert_eq!(
        (found.status, found.repeat),
        (Status::Ambiguous, Repeat::Never)
    );
}

#[test]
fn a_repetition_that_sends_nothing_leaves_the_outcome_unknown() {
    let (record, _) = left_unknown(Repeat::Resend);
    let (record, claimed) = ask(&record, None, GRACE_OVER, Repeat::Resend);

    let failed = settle(
        Some(record),
        &executed(claimed),
        AttemptEnd::Failed,
        GRACE_OVER,
    );

    assert_eq!(settled(failed).status, Status::Ambiguous);
}

#[test]
fn a_probe_that_finds_the_effect_completes_the_record_with_its_answer() {
    let (record, probe) = probing(GRACE_OVER);

    let (record, claimed) = find(&record, &probe, Finding::Done(response())).unwrap();

    assert_eq!(claimed, Claim::Replay(response()));
    assert_eq!(
        record.status,
        Status::Completed {
            response: response()
        }
    );
}

#[test]
fn a_probe_that_finds_nothing_is_believed_if_it_was_asked_late_enough() {
    let proves_from = TIMED_OUT.plus_ms(200);
    let (record, early) = probing(UnixMillis(proves_from.0 - 1));
    let (_, late) = probing(proves_from);

    let (same, waiting) = find(&record, &early, Finding::Absent).unwrap();
    let (_, again) = find(&record, &late, Finding::Absent).unwrap();

    assert_eq!(waiting, Claim::InProgress { until: proves_from });
    assert_eq!(same, record);
    let second = executed(again);
    assert_eq!((second.number, second.follows_unknown), (2, false));
}

#[test]
fn a_probe_that_finds_neither_leaves_the_record_held() {
    let (record, probe) = probing(GRACE_OVER);

    let (same, claimed) = find(&record, &probe, Finding::Unknown).unwrap();

    assert_eq!((same, claimed), (record, Claim::Ambiguous));
}

#[test]
fn a_probe_says_nothing_of_a_record_that_has_become_another() {
    let (record, probe) = probing(GRACE_OVER);
    let of_another = Probe {
        operation_id: OperationId("another".to_owned()),
        ..probe.clone()
    };
    let later = Record {
        attempts: 2,
        ..record.clone()
    };
    let completed = Record {
        status: Status::Completed {
            response: response(),
        },
        ..record.clone()
    };

    for (record, probe) in [
        (record, of_another),
        (later, probe.clone()),
        (completed, probe),
    ] {
        assert_eq!(find(&record, &probe, Finding::Absent), None);
    }
}

fn terms(repeat: Repeat) -> Terms {
    Terms {
        retention_ms: 1000,
        attempt_deadline_ms: 100,
        grace_ms: 50,
        absent_after_ms: 200,
        repeat,
    }
}

fn first(repeat: Repeat) -> (Record, Attempt) {
    let (record, claimed) = claim(None, None, FINGERPRINT, new(), START, terms(repeat));
    (record, executed(claimed))
}

/// After an attempt that has timed out.
fn left_unknown(repeat: Repeat) -> (Record, Attempt) {
    let (record, attempt) = first(repeat);
    let record = settle(Some(record), &attempt, AttemptEnd::Ambiguous, TIMED_OUT);
    (settled(record), attempt)
}

/// An AMBIGUOUS record, and a probe that is asked at `asked_at`.
fn probing(asked_at: UnixMillis) -> (Record, Probe) {
    let (record, _) = left_unknown(Repeat::Probe);
    let (record, claimed) = ask(&record, None, asked_at, Repeat::Probe);
    let Claim::Probe(probe) = claimed else {
        panic!("a probe, not {claimed:?}");
    };
    (record, probe)
}

const FINGERPRINT: Fingerprint = Fingerprint([1; 32]);

fn new() -> NewRecord {
    NewRecord {
        operation_id: OperationId("new".to_owned()),
        operation: "pay".to_owned(),
    }
}

fn ask(
    record: &Record,
    running: Option<&Attempt>,
    now: UnixMillis,
    repeat: Repeat,
) -> (Record, Claim) {
    let record = Some(record.clone());
    claim(record, running, FINGERPRINT, new(), now, terms(repeat))
}

fn find(record: &Record, probe: &Probe, finding: Finding) -> Option<(Record, Claim)> {
    let now = UnixMillis(10_500);
    probed(
        Some(record.clone()),
        probe,
        finding,
        now,
        terms(Repeat::Probe),
    )
}

fn executed(claimed: Claim) -> Attempt {
    let Claim::Execute(attempt) = claimed else {
        panic!("executes, not {claimed:?}");
    };
    attempt
}

fn settled(settlement: Settlement) -> Record {
    let Settlement::Settled(record) = settlement else {
        panic!("settles");
    };
    record
}

fn response() -> SavedResponse {
    SavedResponse {
        status: 201,
        headers: Vec::new(),
        body: b"done".to_vec(),
    }
}
