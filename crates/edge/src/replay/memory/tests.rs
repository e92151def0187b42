//! What the copies in memory answer, and to whom.

use idempotency_core::{
    IdempotencyKey, Scope,
    lifecycle::{OperationId, Repeat, SavedResponse, Status},
};

use super::*;

const MAX_BYTES: usize = 8 * 1024 * 1024;
const ASKED: Fingerprint = Fingerprint([1; 32]);

#[test]
fn a_copy_answers_its_own_key_and_request_until_it_expires() {
    keep_record(key("ours"), &record(0));

    assert_eq!(
        look_up(&key("ours"), ASKED, UnixMillis(99)),
        Some(Judgement::Replay(record(0)))
    );
    let other = Fingerprint([2; 32]);
    assert_eq!(
        look_up(&key("ours"), other, UnixMillis(99)),
        Some(Judgement::Mismatch)
    );
    let elsewhere = super::look_up(&key("ours"), "create_transaction", ASKED, UnixMillis(99));
    assert_eq!(elsewhere, Some(Judgement::Mismatch));
    assert_eq!(look_up(&key("theirs"), ASKED, UnixMillis(99)), None);
    assert_eq!(look_up(&key("ours"), ASKED, UnixMillis(100)), None);
    assert_eq!(look_up(&key("ours"), other, UnixMillis(100)), None);
}

#[test]
fn a_copy_of_what_is_not_completed_answers_nothing() {
    for status in [
        Status::Failed,
        Status::Ambiguous,
        Status::Forgotten,
        Status::Processing {
            deadline: UnixMillis(100),
        },
    ] {
        let damaged = Record {
            status,
            ..record(0)
        };
        keep_record(key("ours"), &damaged);

        assert_eq!(look_up(&key("ours"), ASKED, UnixMillis(1)), None);
    }
}

#[test]
fn a_copy_that_was_forgotten_answers_nothing() {
    keep_record(key("ours"), &record(0));

    forget(&key("ours"));

    assert_eq!(look_up(&key("ours"), ASKED, UnixMillis(1)), None);
}

#[test]
fn the_copies_longest_not_asked_for_are_forgotten_beyond_the_bound() {
    let name = |number: usize| key(&format!("caller {number}"));
    let kept = MAX_BYTES / (1024 * 1024);

    for number in 0..=kept {
        keep_record(name(number), &record(1024 * 1024 - OVERHEAD_BYTES));
    }

    assert_eq!(look_up(&name(0), ASKED, UnixMillis(1)), None);
    assert!((1..=kept).all(|number| look_up(&name(number), ASKED, UnixMillis(1)).is_some()));
}

#[test]
fn the_same_bytes_are_recognized_and_no_others() {
    let request = Request {
        method: "POST".to_owned(),
        path: "/a".to_owned(),
        body: b"{}".to_vec(),
        ..Request::default()
    };
    keep(key("ours"), &record(0), &request, false, MAX_BYTES);
    let known =
        |key: &CompositeKey, operation, request: &Request| fingerprint(key, operation, request);

    let same = known(&key("ours"), "create_resource", &request);
    assert_eq!(same, Some(ASKED));
    assert_eq!(known(&key("theirs"), "create_resource", &request), None);
    assert_eq!(known(&key("ours"), "create_transaction", &request), None);
    for other in [
        Request {
            method: "PUT".to_owned(),
            ..request.clone()
        },
        Request {
            path: "/b".to_owned(),
            ..request.clone()
        },
        Request {
            query: "a".to_owned(),
            ..request.clone()
        },
        Request {
            body: b"{} ".to_vec(),
            ..request.clone()
        },
        Request {
            fields: vec![("a".to_owned(), "b".to_owned())],
            ..request.clone()
        },
    ] {
        assert_eq!(known(&key("ours"), "create_resource", &other), None);
    }
}

#[test]
fn the_first_replay_of_a_record_is_told_from_its_others() {
    let next = || Record {
        expires_at: UnixMillis(200),
        ..record(0)
    };
    let request = Request::default();
    let keep = |record, is_replayed| keep(key("ours"), &record, &request, is_replayed, MAX_BYTES);

    keep(record(0), false);
    assert!(keep(record(0), true));
    assert!(!keep(record(0), true));
    // Answers that were on their way together may be kept in any order.
    keep(record(0), false);
    assert!(!keep(record(0), true));
    assert!(keep(next(), true));
    assert!(!keep(next(), true));
    forget(&key("ours"));
    assert!(keep(next(), true));
}

#[test]
fn a_request_is_recognized_by_all_of_it_however_long_it_is() {
    let short = Request {
        method: "POST".to_owned(),
        body: b"{}".to_vec(),
        ..Request::default()
    };
    let long = Request {
        body: vec![b' '; 200_000],
        ..short.clone()
    };
    for request in [short, long] {
        keep(key("ours"), &record(0), &request, false, MAX_BYTES);
        let fingerprint = |request| fingerprint(&key("ours"), "create_resource", request);
        let mut changed = request.clone();
        *changed.body.last_mut().unwrap() = b'x';
        let elsewhere = Request {
            path: "/elsewhere".to_owned(),
            ..request.clone()
        };

        assert_eq!(fingerprint(&request), Some(ASKED));
        assert_eq!(fingerprint(&changed), None);
        assert_eq!(fingerprint(&elsewhere), None);
    }
}

#[test]
fn a_request_with_fields_is_not_recognized_and_a_copy_that_is_too_long_not_kept() {
    let plain = Request::default();
    let with_fields = Request {
        fields: vec![("a".to_owned(), "b".to_owned())],
        ..Request::default()
    };
    for (request, is_kept) in [(plain, true), (with_fields, false)] {
        keep(key("ours"), &record(0), &request, false, MAX_BYTES);

        let known = fingerprint(&key("ours"), "create_resource", &request);
        assert_eq!(known.is_some(), is_kept);
    }
    keep_record(key("theirs"), &record(1));
    keep(
        key("too long"),
        &record(2000),
        &Request::default(),
        false,
        2000,
    );

    assert_eq!(look_up(&key("too long"), ASKED, UnixMillis(1)), None);
    assert!(look_up(&key("theirs"), ASKED, UnixMillis(1)).is_some());
}

fn keep_record(key: CompositeKey, record: &Record) {
    keep(key, record, &Request::default(), false, MAX_BYTES);
}

fn look_up(key: &CompositeKey, fingerprint: Fingerprint, now: UnixMillis) -> Option<Judgement> {
    super::look_up(key, "create_resource", fingerprint, now)
}

fn key(caller: &str) -> CompositeKey {
    let key = IdempotencyKey::parse(
        "00000000-0000-4000-8000-000000000000",
        idempotency_core::KeyForm::Uuid4,
    )
    .unwrap();
    CompositeKey::new(&Scope::of_token(caller), &key)
}

fn record(content_bytes: usize) -> Record {
    Record {
        operation_id: OperationId("operation".to_owned()),
        operation: "create_resource".to_owned(),
        fingerprint: ASKED,
        attempts: 1,
        created_at: UnixMillis(0),
        updated_at: UnixMillis(0),
        expires_at: UnixMillis(100),
        repeat: Repeat::SameId,
        trace_id: None,
        status: Status::Completed {
            response: SavedResponse {
                status: 201,
                headers: Vec::new(),
                body: vec![b'x'; content_bytes],
            },
        },
    }
}
