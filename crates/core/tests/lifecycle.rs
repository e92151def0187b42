//! The decisions about a record, one by one. The model checker explores how they combine.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may panic: that is how it fails"
)]

use idempotency_core::lifecycle::{
    Attempt, Claim, Expiry, Fingerprint, NewRecord, OperationId, Outcome, Policy, Record,
    SavedResponse, Settlement, Status, UnixMillis, claim, expire, expire_unreadable, inspect,
    settle,
};

const POLICY: Policy = Policy {
    retention_ms: 1000,
    attempt_deadline_ms: 100,
};
const START: UnixMillis = UnixMillis(10_000);
const OURS: Fingerprint = Fingerprint([1; 32]);
const OTHER: Fingerprint = Fingerprint([2; 32]);

#[test]
fn a_first_request_executes_and_its_record_says_so() {
    let (record, claimed) = ask(None, None, OURS, START);

    let attempt = executed(claimed);
    assert_eq!(attempt.number, 1);
    assert_eq!(attempt.deadline, UnixMillis(10_100));
    assert!(attempt.is_current(&record));
    assert_eq!(record.created_at, START);
    assert_eq!(record.expires_at, UnixMillis(11_000));
}

#[test]
fn a_retry_of_a_completed_operation_gets_the_first_answer_and_changes_nothing() {
    let completed = completed();

    let (record, claimed) = ask(Some(completed.clone()), None, OURS, UnixMillis(10_999));

    assert_eq!(claimed, Claim::Replay(response()));
    assert_eq!(record, completed);
}

#[test]
fn an_answer_that_is_too_long_is_kept_without_its_content_and_the_fields_that_describe_it() {
    let field = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let answer = |bytes| SavedResponse {
        status: 201,
        headers: vec![
            field("Content-Type", "application/json"),
            field("location", "/things/7"),
            field("content-language", "en"),
        ],
        body: vec![b'x'; bytes],
    };

    assert_eq!(answer(524_288).within_bounds(), answer(524_288));
    let kept = answer(524_289).within_bounds();
    assert_eq!(kept.status, 201);
    assert_eq!(
        kept.headers,
        [
            field("location", "/things/7"),
            field("x-idempotency-content", "omitted")
        ]
    );
    assert!(kept.body.is_empty());
    assert_eq!(kept.clone().within_bounds(), kept);
}

#[test]
fn an_answer_that_cannot_be_sent_is_kept_as_one_that_can() {
    let field = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let json = field("Content-Type", "application/json");
    let omitted = field("x-idempotency-content", "omitted");
    let answer = |status, headers: &[&(String, String)], body: &str| SavedResponse {
        status,
        headers: headers.iter().copied().cloned().collect(),
        body: body.as_bytes().to_vec(),
    };
    let wrong_fields = [
        field("", "empty"),
        field("two words", "x"),
        field("x-a\nx-b", "x"),
        field("x:", "x"),
        field("é", "x"),
        field("x-line", "a\nb"),
        field("x-return", "a\rb"),
        field("x-folded", "a\r\n b"),
        field("x-nul", "a\0b"),
        field("x-control", "a\u{1}b"),
        field("x-delete", "a\u{7f}b"),
        json.clone(),
    ];
    let short = field("x-short", "y");
    let long = field("x-long", &"y".repeat(5000));
    let sound = [
        json.clone(),
        field("x-tab", "a\tb"),
        field("x-latin", "é"),
        field("x-empty", ""),
    ];
    let cases = [
        (answer(204, &[&json], "x"), answer(204, &[&omitted], "")),
        (answer(205, &[&json], "x"), answer(205, &[&omitted], "")),
        (answer(304, &[], "x"), answer(304, &[&omitted], "")),
        (answer(204, &[&json], ""), answer(204, &[&json], "")),
        (answer(0, &[], "x"), answer(500, &[], "x")),
        (answer(101, &[], ""), answer(500, &[], "")),
        (answer(199, &[], ""), answer(500, &[], "")),
        (answer(600, &[], "x"), answer(500, &[], "x")),
        (
            answer(599, &sound.each_ref(), "x"),
            answer(599, &sound.each_ref(), "x"),
        ),
        (
            answer(201, &wrong_fields.each_ref(), "x"),
            answer(201, &[&json], "x"),
        ),
        (
            answer(204, &[&long, &long, &json, &short], "x"),
            answer(204, &[&long, &short, &omitted], ""),
        ),
    ];

    for (made, expected) in cases {
        let is_sound = made == expected;
        let (kept, wrong) = made.keepable();
        assert_eq!(kept, expected);
        assert_eq!(wrong.is_empty(), is_sound, "{wrong:?}");
        assert_eq!(kept.clone().keepable(), (kept.clone(), Vec::new()));
        assert_eq!(kept.clone().sendable(), (kept, Vec::new()));
    }
}

#[test]
fn a_kept_answer_with_long_fields_is_sent_as_it_was_the_first_time() {
    let long = |name: &str| (name.to_owned(), "y".repeat(8000));
    let kept = SavedResponse {
        headers: vec![long("x-a"), long("x-b")],
        ..response()
    };

    assert_eq!(kept.clone().sendable(), (kept, Vec::new()));
}

#[test]
fn another_payload_is_refused_whatever_the_status() {
    let (processing, attempt) = processing();
    let failed = settled(&processing, &attempt, Outcome::Failed);

    for record in [processing, failed, completed()] {
        let (after, claimed) = ask(Some(record.clone()), Some(&attempt), OTHER, START);

        assert_eq!(claimed, Claim::Mismatch);
        assert_eq!(after, record);
    }
}

#[test]
fn a_request_for_another_operation_is_refused_whatever_the_status() {
    let (processing, attempt) = processing();
    let failed = settled(&processing, &attempt, Outcome::Failed);

    for record in [processing, failed, completed()] {
        let record = Record {
            operation: "another_operation".to_owned(),
            ..record
        };
        let (after, claimed) = ask(Some(record.clone()), Some(&attempt), OURS, START);

        assert_eq!(claimed, Claim::Mismatch);
        assert_eq!(after, record);
    }
}

#[test]
fn a_request_while_the_first_runs_is_told_so() {
    let (processing, attempt) = processing();

    let (after, claimed) = ask(
        Some(processing.clone()),
        Some(&attempt),
        OURS,
        UnixMillis(10_099),
    );

    assert_eq!(
        claimed,
        Claim::InProgress {
            until: UnixMillis(10_100)
        }
    );
    assert_eq!(after, processing);
}

#[test]
fn an_attempt_whose_instance_died_is_followed_at_once_by_another_of_the_same_operation() {
    let (processing, first) = processing();

    let (after, claimed) = ask(Some(processing), None, OURS, UnixMillis(10_001));

    let second = executed(claimed);
    assert_eq!(second.number, 2);
    assert_eq!(second.operation_id, first.operation_id);
    assert_eq!(after.attempts, 2);
    assert_eq!(after.expires_at, UnixMillis(11_000));
}

#[test]
fn a_running_attempt_is_given_up_at_its_deadline() {
    let (processing, first) = processing();

    let (_, claimed) = ask(Some(processing), Some(&first), OURS, UnixMillis(10_100));

    assert_eq!(executed(claimed).number, 2);
}

#[test]
fn an_attempt_that_runs_for_an_earlier_record_does_not_hold_up_the_next() {
    let (_, earlier) = processing();
    let (record, _) = ask(None, None, OURS, START);
    let record = Record {
        operation_id: OperationId("of the next record".to_owned()),
        ..record
    };

    let (_, claimed) = ask(Some(record), Some(&earlier), OURS, UnixMillis(10_001));

    assert_eq!(executed(claimed).number, 2);
}

#[test]
fn a_failed_operation_is_attempted_again_and_keeps_its_id() {
    let (processing, first) = processing();
    let failed = settled(&processing, &first, Outcome::Failed);

    let (_, claimed) = ask(Some(failed), None, OURS, UnixMillis(10_050));

    let second = executed(claimed);
    assert_eq!(second.operation_id, first.operation_id);
    assert_eq!(second.number, 2);
}

#[test]
fn an_expired_record_answers_nothing_and_its_key_is_free() {
    let (after, claimed) = ask(Some(completed()), None, OTHER, UnixMillis(11_000));

    assert_eq!(executed(claimed).number, 1);
    assert_eq!(after.fingerprint, OTHER);
    assert_eq!(after.expires_at, UnixMillis(12_000));
}

#[test]
fn a_late_attempt_settles_nothing() {
    let (first_record, first) = processing();
    let (second_record, claimed) = ask(Some(first_record), None, OURS, UnixMillis(10_001));
    let second = executed(claimed);
    let answered = settled(&second_record, &second, Outcome::Completed(response()));
    let of_another_record = Record {
        operation_id: OperationId("another".to_owned()),
        attempts: 1,
        ..second_record.clone()
    };

    for record in [
        Some(second_record),
        Some(answered),
        Some(of_another_record),
        None,
    ] {
        for outcome in [Outcome::Failed, Outcome::Completed(response())] {
            let settlement = settle(record.clone(), &first, outcome, UnixMillis(10_002));
            assert_eq!(settlement, Settlement::Late);
        }
    }
}

#[test]
fn an_attempt_that_outlives_its_record_settles_nothing() {
    let (record, attempt) = processing();

    let settlement = settle(Some(record), &attempt, Outcome::Failed, UnixMillis(11_000));

    assert_eq!(settlement, Settlement::Late);
}

#[test]
fn an_alarm_deletes_what_has_expired_and_waits_for_what_has_not() {
    let record = completed();

    assert_eq!(expire(None, START), Expiry::Delete);
    assert_eq!(expire(Some(&record), UnixMillis(11_000)), Expiry::Delete);
    let too_soon = expire(Some(&record), UnixMillis(10_999));
    assert_eq!(too_soon, Expiry::RingAt(UnixMillis(11_000)));
}

#[test]
fn a_record_that_cannot_be_read_is_kept_until_no_record_could_be_alive() {
    const DAY_MS: u64 = 86_400_000;
    const YEAR_MS: u64 = 365 * DAY_MS;
    let after = |ms| expire_unreadable(START, START.plus_ms(ms));

    for ms in [0, 1, DAY_MS, YEAR_MS - 1] {
        assert_eq!(after(ms), Expiry::RingAt(START.plus_ms(ms).plus_ms(DAY_MS)));
    }
    assert_eq!(after(YEAR_MS), Expiry::Delete);
}

#[test]
fn a_key_whose_attempt_died_or_was_given_up_is_told_to_have_failed() {
    let (record, attempt) = processing();
    let status = |running, now| {
        inspect(Some(record.clone()), running, UnixMillis(now)).map(|record| record.status.name())
    };

    assert_eq!(status(Some(&attempt), 10_099), Some("PROCESSING"));
    assert_eq!(status(None, 10_001), Some("FAILED"));
    assert_eq!(status(Some(&attempt), 10_100), Some("FAILED"));
    assert_eq!(status(Some(&attempt), 11_000), None);
}

fn ask(
    record: Option<Record>,
    running: Option<&Attempt>,
    fingerprint: Fingerprint,
    now: UnixMillis,
) -> (Record, Claim) {
    let new = NewRecord {
        operation_id: OperationId("operation".to_owned()),
        operation: "create_resource".to_owned(),
    };
    claim(record, running, fingerprint, new, now, POLICY)
}

fn executed(claimed: Claim) -> Attempt {
    let Claim::Execute(attempt) = claimed else {
        panic!("executes, not {claimed:?}");
    };
    attempt
}

fn processing() -> (Record, Attempt) {
    let (record, claimed) = ask(None, None, OURS, START);
    (record, executed(claimed))
}

fn completed() -> Record {
    let (record, attempt) = processing();
    settled(&record, &attempt, Outcome::Completed(response()))
}

fn settled(record: &Record, attempt: &Attempt, outcome: Outcome) -> Record {
    match settle(Some(record.clone()), attempt, outcome, UnixMillis(10_050)) {
        Settlement::Settled(record) => {
            assert!(!matches!(record.status, Status::Processing { .. }));
            record
        }
        Settlement::Late => panic!("settles"),
    }
}

fn response() -> SavedResponse {
    SavedResponse {
        status: 201,
        headers: vec![("location".to_owned(), "/somewhere".to_owned())],
        body: b"the answer".to_vec(),
    }
}
