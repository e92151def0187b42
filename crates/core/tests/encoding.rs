//! What is written is read again, and what is not of this release is refused rather than guessed.

#![allow(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may panic: that is how it fails"
)]

use idempotency_core::{
    Asked, Claimed, Fault, Inspected, Message, MessageError, Origin, Reply, ReplyKind, Request,
    Ruling, Silence, UpstreamError, Variables,
    digest::{digest, hex},
    lifecycle::{
        DecodeError, Fingerprint, History, OperationId, Record, Repeat, Resolution, SavedResponse,
        Status, StatusName, UnixMillis, decode, decode_with, encode,
    },
};
use proptest::{collection, option, prelude::*};
use strum::VariantArray;

proptest! {
    #[test]
    fn a_record_comes_back_as_it_was(record in record()) {
        prop_assert_eq!(decode(&encode(&record).unwrap()).unwrap(), record);
    }

    #[test]
    fn a_record_of_the_release_before_comes_back_as_it_was(record in record(), history in any::<bool>()) {
        let history = history.then(|| History::default().noting(&record));

        let read = decode(&of_the_release_before(&record, history.as_ref()));

        prop_assert_eq!(read.unwrap(), record);
    }

    #[test]
    fn bytes_that_are_no_record_are_refused_without_a_panic(bytes in collection::vec(any::<u8>(), 0..64)) {
        prop_assert!(decode(&bytes).is_err());
        prop_assert!(Message::decode(&bytes).is_err());
        prop_assert!(Reply::<Claimed>::decode(&bytes).is_err());
        prop_assert!(Reply::<Inspected>::decode(&bytes).is_err());
    }

    #[test]
    fn a_record_that_was_cut_in_its_head_is_refused(record in record(), at in any::<prop::sample::Index>()) {
        let bytes = encode(&record).unwrap();
        let head = bytes.iter().position(|byte| *byte == b'\n').unwrap();

        prop_assert!(decode(bytes.get(..at.index(head)).unwrap()).is_err());
    }

    #[test]
    fn a_reply_comes_back_with_every_byte_of_its_answer(record in record(), replayed in any::<bool>()) {
        let sent = Reply(Ok(Claimed::Completed { record: record.clone(), replayed, passed_on: None }));
        let received = Reply::decode(&sent.encode().unwrap()).unwrap();
        let Reply(Ok(Claimed::Completed { record: received, .. })) = received else {
            panic!("the same reply");
        };
        prop_assert_eq!(received, record);
    }
}

#[test]
fn a_record_of_another_version_is_named_as_such() {
    let bytes = b"{\"version\":9,\"something\":\"else\"}\nbody";

    let error = decode(bytes).unwrap_err();

    assert!(matches!(error, DecodeError::OtherVersion(9)));
    assert!(error.is_of_a_later_release());
    let earlier = decode(b"{\"version\":0}\n").unwrap_err();
    assert!(!earlier.is_of_a_later_release());
}

/// A later release may add members, as this one has added the trace, and a release before has to read what it writes.
#[test]
fn a_record_and_its_history_may_say_more_than_is_known_here() {
    let processing = Record {
        status: Status::Processing {
            deadline: UnixMillis(9),
        },
        trace_id: Some("4bf92f3577b34da6a3ce929d0e0e4736".to_owned()),
        ..completed()
    };
    let history = History::default().noting(&processing);
    let more = |json: &str| json.replacen('{', r#"{"new":{"a":[1]},"#, 1);
    let json = more(&serde_json::to_string(&processing).unwrap());
    let digest = hex(&digest(&[json.as_bytes(), b""]));
    let steps = more(&serde_json::to_string(&history).unwrap());
    let head = format!(r#"{{"version":2,"digest":"{digest}","history":{steps},"record":{json}}}"#);

    let read = decode_with(format!("{head}\n").as_bytes()).unwrap();

    assert_eq!(read, (processing, history));
}

/// The release before would repeat what must not be repeated, so it must not take such a record for one of its own.
#[test]
fn a_record_has_a_later_version_if_and_only_if_the_release_before_would_misread_it() {
    let record = |repeat, status| Record {
        repeat,
        status,
        ..completed()
    };
    let deadline = UnixMillis(9);
    let processing = Status::Processing { deadline };
    let cases = [
        (record(Repeat::SameId, processing.clone()), 2),
        (record(Repeat::SameId, Status::Failed), 2),
        (completed(), 2),
        (record(Repeat::SameId, Status::Forgotten), 3),
        (record(Repeat::Never, processing), 3),
        (record(Repeat::Never, Status::Failed), 3),
        (record(Repeat::Never, completed().status), 3),
        (record(Repeat::Never, Status::Ambiguous), 3),
    ];

    for (record, version) in cases {
        let written = String::from_utf8(encode(&record).unwrap()).unwrap();
        let head = format!("{{\"version\":{version},\"digest\":");
        assert!(written.starts_with(&head), "{written}");
        assert_eq!(
            written.contains("\"repeat\""),
            record.repeat == Repeat::Never
        );
    }
}

/// serde derives the names of records from the enum; the list of names is written by hand.
#[test]
fn a_status_has_one_name_wherever_it_is_written() {
    let deadline = UnixMillis(9);
    let statuses = [
        Status::Processing { deadline },
        completed().status,
        Status::Failed,
        Status::Ambiguous,
        Status::Forgotten,
    ];

    let written = statuses.each_ref().map(|status| {
        let record = serde_json::to_value(status).unwrap();
        let name = status.name();
        assert_eq!(record.get("name").unwrap(), name.as_str());
        name
    });

    assert_eq!(written, StatusName::VARIANTS);
}

#[test]
fn an_operators_answer_arrives_byte_for_byte() {
    let body = b"{\"a\":\n1.00}".to_vec();
    let response = SavedResponse {
        status: 201,
        headers: vec![("location".to_owned(), "/there".to_owned())],
        body,
    };
    let sent = Message::Resolve(Ruling {
        resolution: Resolution::Completed(response.clone()),
        by: "olga".to_owned(),
        idempotency_key: "key".to_owned(),
        correlation_id: "id".to_owned(),
        trace_id: None,
    });

    let Message::Resolve(received) = Message::decode(&sent.encode().unwrap()).unwrap() else {
        panic!("the same message");
    };

    assert_eq!(received.resolution, Resolution::Completed(response));
    assert_eq!(received.by, "olga");
}

#[test]
fn a_record_without_a_digest_is_none_of_this_version_and_one_with_it_none_of_the_version_before() {
    let of_this = [
        ("\"digest\":", "\"other\":"),
        ("\"version\":2", "\"version\":1"),
    ];

    for (part, other) in of_this {
        let written = String::from_utf8(encode(&completed()).unwrap()).unwrap();
        let spoiled = written.replacen(part, other, 1);

        assert_ne!(spoiled, written);
        let error = decode(spoiled.as_bytes()).unwrap_err();
        assert!(matches!(error, DecodeError::Damaged), "{error}");
        assert!(!error.is_of_a_later_release());
    }
}

/// What a Worker of another release may say to an object of this one, and the other way round.
#[test]
fn a_message_of_another_version_is_named_as_such_and_one_of_this_version_may_have_more_members() {
    for head in ["{\"version\":2,\"message\":7}", "{\"version\":2}"] {
        let bytes = format!("{head}\nbody");
        let errors = [
            Message::decode(bytes.as_bytes()).unwrap_err(),
            Reply::<Claimed>::decode(bytes.as_bytes()).unwrap_err(),
            Reply::<Inspected>::decode(bytes.as_bytes()).unwrap_err(),
        ];
        for error in errors {
            assert!(matches!(error, MessageError::OtherVersion(2)), "{error}");
        }
    }
    for unknown in ["\"forget\"", "{\"claim\":{}}", "7"] {
        let bytes = format!("{{\"version\":1,\"message\":{unknown}}}\n");
        assert!(Message::decode(bytes.as_bytes()).is_err());
        assert!(Reply::<Claimed>::decode(bytes.as_bytes()).is_err());
        assert!(Reply::<Inspected>::decode(bytes.as_bytes()).is_err());
    }
    let more =
        b"{\"version\":1,\"more\":1,\"message\":{\"failed\":{\"expires_at\":5,\"more\":[]}}}\n";
    assert!(matches!(
        Reply::decode(more),
        Ok(Reply(Ok(Claimed::Failed {
            expires_at: UnixMillis(5),
            passed_on: None,
        })))
    ));
}

#[test]
fn a_message_keeps_its_request_byte_for_byte() {
    let request = Request {
        base_url: "https://shop.example".to_owned(),
        method: "PUT".to_owned(),
        path: "/notes/a%2Fb".to_owned(),
        query: "c=d".to_owned(),
        variables: Variables(vec![("id".to_owned(), "a/b".to_owned())]),
        fields: vec![("x-tenant".to_owned(), "7".to_owned())],
        body: b"{\"a\":\n1.00}\xff".to_vec(),
    };
    let asked = Asked {
        operation: "create_resource".to_owned(),
        idempotency_key: "key".to_owned(),
        scope: "scope".to_owned(),
        caller: "ann".to_owned(),
        fingerprint: Fingerprint([7; 32]),
        origin: Origin {
            correlation_id: "id".to_owned(),
            trace_id: None,
            ip_address: None,
            user_agent: Some("agent".to_owned()),
        },
        wait_s: 3,
        faults: vec![Fault::DelayMs(5), Fault::Panic],
        request: request.clone(),
    };

    let bytes = Message::Claim(asked).encode().unwrap();

    let names = br#""idempotency_key":"key","caller":"scope","caller_name":"ann","fingerprint":"#;
    assert!(bytes.windows(names.len()).any(|part| part == names));
    let Message::Claim(received) = Message::decode(&bytes).unwrap() else {
        panic!("the same message");
    };
    assert_eq!(received.request, request);
    assert_eq!(received.request.variables.get("id"), "a/b");
    assert_eq!(received.request.field("X-Tenant"), Some("7"));
    assert_eq!(received.fingerprint, Fingerprint([7; 32]));
    assert_eq!(received.faults, [Fault::DelayMs(5), Fault::Panic]);
}

#[test]
fn a_message_of_the_release_before_has_the_body_of_its_request() {
    let fingerprint = "07".repeat(32);
    let message = format!(
        r#"{{"version":1,"message":{{"claim":{{"operation":"create_resource","idempotency_key":"key","caller":"scope","caller_name":"ann","fingerprint":"{fingerprint}","origin":{{"correlation_id":"id","ip_address":null,"user_agent":null}},"wait_s":0,"faults":[]}}}}}}"#
    );

    let decoded = Message::decode(format!("{message}\n{{\"name\":1}}").as_bytes());

    let Ok(Message::Claim(received)) = decoded else {
        panic!("{decoded:?}");
    };
    assert_eq!(received.request.body, b"{\"name\":1}");
    assert_eq!(received.request.method, "");
    assert_eq!((&*received.scope, &*received.caller), ("scope", "ann"));
}

/// The release before reads these bytes and writes them.
#[test]
fn a_reply_has_the_bytes_that_the_release_before_knows() {
    let expires_at = UnixMillis(5);
    let record = completed();
    let json = serde_json::to_string(&record).unwrap();
    let completed = format!("{{\"completed\":{{\"record\":{json},\"replayed\":true}}}}");
    for (claimed, message, body) in [
        (
            Claimed::Completed {
                record: record.clone(),
                replayed: true,
                passed_on: None,
            },
            completed.as_str(),
            "the answer",
        ),
        (
            Claimed::InProgress { expires_at },
            "{\"in_progress\":{\"expires_at\":5}}",
            "",
        ),
        (Claimed::Mismatch, "\"mismatch\"", ""),
        (
            Claimed::Ambiguous {
                expires_at,
                own: true,
                is_held: true,
                error: None,
                passed_on: None,
            },
            "{\"ambiguous\":{\"expires_at\":5,\"own\":true}}",
            "",
        ),
        (
            Claimed::Ambiguous {
                expires_at,
                own: true,
                is_held: false,
                error: Some(UpstreamError::HttpResponseTimeout),
                passed_on: None,
            },
            "{\"ambiguous\":{\"expires_at\":5,\"own\":true,\"is_held\":false,\"error\":\"http_response_timeout\"}}",
            "",
        ),
        (
            Claimed::Failed {
                expires_at,
                passed_on: None,
            },
            "{\"failed\":{\"expires_at\":5}}",
            "",
        ),
        (
            Claimed::Failed {
                expires_at,
                passed_on: Some(SavedResponse {
                    status: 429,
                    headers: Vec::new(),
                    body: b"later".to_vec(),
                }),
            },
            "{\"failed\":{\"expires_at\":5,\"passed_on\":{\"status\":429,\"headers\":[]}}}",
            "later",
        ),
        (Claimed::Superseded, "\"superseded\"", ""),
    ] {
        assert_frame(&Reply(Ok(claimed)), message, body);
    }
    let history = History::default().noting(&record);
    let found = format!(
        "{{\"found\":{{\"record\":{json},\"history\":[{{\"at\":2,\"status\":\"COMPLETED\",\"attempt\":1}}]}}}}"
    );
    let record = Some(record);
    for (inspected, message) in [
        (Inspected::Record { record, history }, found.as_str()),
        (
            Inspected::Record {
                record: None,
                history: History::default(),
            },
            "{\"found\":{\"record\":null,\"history\":[]}}",
        ),
        (Inspected::NotAmbiguous, "\"not_ambiguous\""),
    ] {
        assert_frame(&Reply(Ok(inspected)), message, "");
    }
}

#[test]
fn a_silence_is_the_same_whatever_was_asked() {
    for (silence, message) in [
        (Silence::Declined, "\"declined\""),
        (Silence::Unsettled, "\"unsettled\""),
        (Silence::Damaged, "\"damaged\""),
    ] {
        assert_frame(&Reply::<Claimed>(Err(silence)), message, "");
        assert_frame(&Reply::<Inspected>(Err(silence)), message, "");
    }
    let before = b"{\"version\":1,\"message\":\"broken\"}\n";
    let read = Reply::<Claimed>::decode(before);
    assert!(matches!(read, Ok(Reply(Err(Silence::Unsettled)))));
    let read = Reply::<Inspected>::decode(before);
    assert!(matches!(read, Ok(Reply(Err(Silence::Unsettled)))));
}

/// `reply` is written as this, and what is read of that is written as the same again.
fn assert_frame<T: ReplyKind>(reply: &Reply<T>, message: &str, body: &str) {
    let expected = format!("{{\"version\":1,\"message\":{message}}}\n{body}");
    let written = reply.encode().unwrap();
    assert_eq!(String::from_utf8(written.clone()).unwrap(), expected);
    let read = Reply::<T>::decode(&written).unwrap();
    assert_eq!(read.encode().unwrap(), written);
}

/// A record as releases wrote it before version 2: without a digest, and with a history or not.
fn of_the_release_before(record: &Record, history: Option<&History>) -> Vec<u8> {
    let record_json = serde_json::to_string(record).unwrap();
    let history = history.map(|history| serde_json::to_string(history).unwrap());
    let history = history.map_or(String::new(), |history| format!("\"history\":{history},"));
    let mut bytes = format!("{{\"version\":1,{history}\"record\":{record_json}}}\n").into_bytes();
    if let Status::Completed { response } = &record.status {
        bytes.extend_from_slice(&response.body);
    }
    bytes
}

fn completed() -> Record {
    Record {
        operation_id: OperationId("operation".to_owned()),
        operation: "create_resource".to_owned(),
        fingerprint: Fingerprint([1; 32]),
        attempts: 1,
        created_at: UnixMillis(1),
        updated_at: UnixMillis(2),
        expires_at: UnixMillis(3),
        repeat: Repeat::SameId,
        trace_id: None,
        status: Status::Completed {
            response: SavedResponse {
                status: 201,
                headers: Vec::new(),
                body: b"the answer".to_vec(),
            },
        },
    }
}

fn record() -> impl Strategy<Value = Record> {
    let body = collection::vec(any::<u8>(), 0..40);
    let headers = collection::vec(("[a-z-]{1,8}", "[ -~]{0,12}"), 0..3);
    let response =
        (any::<u16>(), headers, body).prop_map(|(status, headers, body)| SavedResponse {
            status,
            headers,
            body,
        });
    let status = prop_oneof![
        any::<u64>().prop_map(|ms| Status::Processing {
            deadline: UnixMillis(ms)
        }),
        response.prop_map(|response| Status::Completed { response }),
        Just(Status::Failed),
        Just(Status::Ambiguous),
        Just(Status::Forgotten),
    ];
    let times = any::<(u64, u64, u64)>();
    let repeat = prop_oneof![Just(Repeat::SameId), Just(Repeat::Never)];
    let status = (status, repeat, option::of("[0-9a-f]{32}"));
    (status, any::<[u8; 32]>(), any::<u32>(), times).prop_map(
        |(
            (status, repeat, trace_id),
            fingerprint,
            attempts,
            (created_at, updated_at, expires_at),
        )| Record {
            operation_id: OperationId("operation".to_owned()),
            operation: "create_resource".to_owned(),
            fingerprint: Fingerprint(fingerprint),
            attempts,
            created_at: UnixMillis(created_at),
            updated_at: UnixMillis(updated_at),
            expires_at: UnixMillis(expires_at),
            repeat,
            trace_id,
            status,
        },
    )
}
