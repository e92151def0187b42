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
    Attempt, AttemptEnd, Claim, Expiry, Fingerprint, NewRecord, OperationId, Record, Repeat,
    Resolution, Resolved, SavedResponse, Settlement, Status, StatusName, Terms, UnixMillis, claim,
    expire, expire_unreadable, inspect, resolve, settle,
};

const TERMS: Terms = Terms {
    retention_ms: 1000,
    attempt_deadline_ms: 100,
    grace_ms: 50,
    absent_after_ms: 300,
    repeat: Repeat::SameId,
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
    let failed = settled(&processing, &attempt, AttemptEnd::Failed);

    for record in [processing, failed, completed()] {
        let (after, claimed) = ask(Some(record.clone()), Some(&attempt), OTHER, START);

        assert_eq!(claimed, Claim::Mismatch);
        assert_eq!(after, record);
    }
}

#[test]
fn a_request_for_another_operation_is_refused_whatever_the_status() {
    let (processing, attempt) = processing();
    let failed = settled(&processing, &attempt, AttemptEnd::Failed);

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
    let failed = settled(&processing, &first, AttemptEnd::Failed);

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
    let answered = settled(&second_record, &second, AttemptEnd::Completed(response()));
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
        for end in [AttemptEnd::Failed, AttemptEnd::Completed(response())] {
            let settlement = settle(record.clone(), &first, end, UnixMillis(10_002));
            assert_eq!(settlement, Settlement::Late);
        }
    }
}

#[test]
fn an_attempt_that_outlives_its_record_settles_nothing() {
    let (record, attempt) = processing();

    let settlement = settle(
        Some(record),
        &attempt,
        AttemptEnd::Failed,
        UnixMillis(11_000),
    );

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

    assert_eq!(status(Some(&attempt), 10_099), Some(StatusName::Processing));
    assert_eq!(status(None, 10_001), Some(StatusName::Failed));
    assert_eq!(status(Some(&attempt), 10_100), Some(StatusName::Failed));
    assert_eq!(status(Some(&attempt), 11_000), None);
}

#[test]
fn an_attempt_that_must_not_be_repeated_and_died_or_ran_too_long_leaves_its_record_ambiguous() {
    let (record, attempt) = unrepeated();

    for (running, now) in [(None, 10_001), (Some(&attempt), 10_100)] {
        let now = UnixMillis(now);
        let told = inspect(Some(record.clone()), running, now).unwrap();
        let (after, claimed) = ask(Some(record.clone()), running, OURS, now);

        assert_eq!(claimed, Claim::Ambiguous);
        assert_eq!(after.status, Status::Ambiguous);
        assert_eq!(after.updated_at, now);
        assert_eq!(told.status, Status::Ambiguous);
        let later = ask(Some(after.clone()), None, OURS, UnixMillis(10_999));
        assert_eq!(later, (after.clone(), Claim::Ambiguous));
        let other = ask(Some(after.clone()), None, OTHER, now);
        assert_eq!(other, (after, Claim::Mismatch));
    }
}

#[test]
fn a_record_that_must_not_be_repeated_is_not_whatever_the_terms_of_a_request() {
    let (unrepeated, _) = unrepeated();
    let lenient = Terms {
        repeat: Repeat::SameId,
        ..TERMS
    };

    let (_, claimed) = ask_with(Some(unrepeated), None, OURS, START, lenient);

    assert_eq!(claimed, Claim::Ambiguous);
}

#[test]
fn an_unknown_outcome_is_a_failure_where_attempts_may_be_repeated_and_ambiguous_where_not() {
    let (repeated, attempt) = processing();
    let (unrepeated, same_attempt) = unrepeated();
    assert_eq!(attempt, same_attempt);

    let after = |record, end| settled(record, &attempt, end).status;
    assert_eq!(after(&repeated, AttemptEnd::Ambiguous), Status::Failed);
    assert_eq!(after(&unrepeated, AttemptEnd::Ambiguous), Status::Ambiguous);
    assert_eq!(after(&unrepeated, AttemptEnd::Failed), Status::Failed);
}

#[test]
fn what_becomes_known_late_settles_the_record_that_its_attempt_left_ambiguous() {
    let (ambiguous, attempt) = ambiguous();
    let late =
        |record: &Record, end| settle(Some(record.clone()), &attempt, end, UnixMillis(10_200));
    let another = Record {
        attempts: 2,
        ..ambiguous.clone()
    };

    let completed = settled(&ambiguous, &attempt, AttemptEnd::Completed(response()));
    assert!(matches!(completed.status, Status::Completed { .. }));
    let failed = settled(&ambiguous, &attempt, AttemptEnd::Failed);
    assert_eq!(failed.status, Status::Failed);
    assert_eq!(late(&another, AttemptEnd::Failed), Settlement::Late);
    assert_eq!(late(&ambiguous, AttemptEnd::Ambiguous), Settlement::Late);
    assert_eq!(
        late(&another, AttemptEnd::Completed(response())),
        Settlement::Late
    );
}

#[test]
fn an_operator_resolves_an_ambiguous_record_each_way_and_its_attempt_is_late_from_then_on() {
    let (ambiguous, attempt) = ambiguous();
    let expected = [
        (
            Resolution::Completed(response()),
            Claim::Replay(response()),
            1,
        ),
        (Resolution::Failed, Claim::Execute(numbered(&attempt, 2)), 2),
    ];

    for (resolution, claim, attempts) in expected {
        let resolved = resolved(&ambiguous, None, resolution);
        assert_eq!(resolved.updated_at, UnixMillis(10_300));
        let end = AttemptEnd::Completed(response());
        let late = settle(Some(resolved.clone()), &attempt, end, UnixMillis(10_300));
        assert_eq!(late, Settlement::Late);
        let (after, claimed) = ask(Some(resolved), None, OURS, UnixMillis(10_300));
        assert_eq!(claimed, claim);
        assert_eq!(after.attempts, attempts);
    }
}

#[test]
fn an_operator_need_not_wait_for_a_retry_to_find_an_attempt_dead() {
    let (record, attempt) = unrepeated();

    let failed = resolved(&record, None, Resolution::Failed);

    assert_eq!(failed.status, Status::Failed);
    let now = UnixMillis(10_050);
    let running = resolve(Some(record), Some(&attempt), Resolution::Failed, now);
    assert_eq!(running, Resolved::NotAmbiguous);
}

#[test]
fn an_operator_cannot_say_that_nothing_was_done_while_an_answer_is_awaited() {
    let (record, attempt) = ambiguous();
    let ruled = |resolution, now_ms| {
        let now = UnixMillis(now_ms);
        resolve(Some(record.clone()), Some(&attempt), resolution, now)
    };
    let awaited_until = attempt.late_until.0;

    let early = ruled(Resolution::Failed, awaited_until - 1);

    assert_eq!(early, Resolved::NotAmbiguous);
    let failed = ruled(Resolution::Failed, awaited_until);
    let completed = ruled(Resolution::Completed(response()), awaited_until - 1);
    assert!(matches!(failed, Resolved::Changed(_)));
    assert!(matches!(completed, Resolved::Changed(_)));
}

#[test]
fn what_is_not_ambiguous_is_not_resolved() {
    let (processing, attempt) = processing();
    let failed = settled(&processing, &attempt, AttemptEnd::Failed);

    for record in [processing, failed, completed()] {
        for resolution in [Resolution::Failed, Resolution::Completed(response())] {
            let resolved = resolve(Some(record.clone()), None, resolution, START);
            assert_eq!(resolved, Resolved::NotAmbiguous);
        }
    }
    let expired = resolve(
        Some(completed()),
        None,
        Resolution::Failed,
        UnixMillis(11_000),
    );
    assert_eq!(expired, Resolved::Unknown);
    assert_eq!(
        resolve(None, None, Resolution::Forgotten, START),
        Resolved::Unknown
    );
}

#[test]
fn a_key_that_was_forgotten_is_as_good_as_new_and_what_runs_for_it_is_late() {
    let (processing, attempt) = processing();
    let failed = settled(&processing, &attempt, AttemptEnd::Failed);
    let records = [processing, failed, completed(), ambiguous().0];

    for record in records {
        let now = UnixMillis(10_300);
        let forgotten = resolved(&record, Some(&attempt), Resolution::Forgotten);

        assert_eq!(inspect(Some(forgotten.clone()), None, now), None);
        let again = resolve(Some(forgotten.clone()), None, Resolution::Forgotten, now);
        assert_eq!(again, Resolved::Unknown);
        let end = AttemptEnd::Completed(response());
        let late = settle(Some(forgotten.clone()), &attempt, end, now);
        assert_eq!(late, Settlement::Late);
        let (after, claimed) = ask(Some(forgotten), Some(&attempt), OTHER, now);
        assert_eq!(executed(claimed).number, 1);
        assert_eq!(after.created_at, now);
    }
}

fn resolved(record: &Record, running: Option<&Attempt>, resolution: Resolution) -> Record {
    let now = UnixMillis(10_300);
    match resolve(Some(record.clone()), running, resolution, now) {
        Resolved::Changed(record) => record,
        other @ (Resolved::NotAmbiguous | Resolved::Unknown) => {
            panic!("resolves, not {other:?}")
        }
    }
}

fn numbered(attempt: &Attempt, number: u32) -> Attempt {
    Attempt {
        number,
        deadline: UnixMillis(10_400),
        late_until: UnixMillis(10_450),
        ..attempt.clone()
    }
}

fn unrepeated() -> (Record, Attempt) {
    let repeat = Repeat::Never;
    let (record, claimed) = ask_with(None, None, OURS, START, Terms { repeat, ..TERMS });
    (record, executed(claimed))
}

fn ambiguous() -> (Record, Attempt) {
    let (record, attempt) = unrepeated();
    (settled(&record, &attempt, AttemptEnd::Ambiguous), attempt)
}

fn ask(
    record: Option<Record>,
    running: Option<&Attempt>,
    fingerprint: Fingerprint,
    now: UnixMillis,
) -> (Record, Claim) {
    ask_with(record, running, fingerprint, now, TERMS)
}

fn ask_with(
    record: Option<Record>,
    running: Option<&Attempt>,
    fingerprint: Fingerprint,
    now: UnixMillis,
    terms: Terms,
) -> (Record, Claim) {
    let new = NewRecord {
        operation_id: OperationId("operation".to_owned()),
        operation: "create_resource".to_owned(),
    };
    claim(record, running, fingerprint, new, now, terms)
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
    settled(&record, &attempt, AttemptEnd::Completed(response()))
}

fn settled(record: &Record, attempt: &Attempt, end: AttemptEnd) -> Record {
    match settle(Some(record.clone()), attempt, end, UnixMillis(10_050)) {
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
