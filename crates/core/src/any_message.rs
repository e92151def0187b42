//! Whatever comes in the place of a message, it is read as one that can be sent, or refused.

use proptest::{collection, prelude::*};

use super::{
    Asked, Claimed, Fault, Inspected, Message, Origin, Reply, ReplyKind, Request, Ruling, Silence,
    UpstreamError, Variables, message::MessageError,
};
use crate::{
    fuzz::{Shown, any_record, any_trace_id, fuzz, mutated},
    lifecycle::{Fingerprint, History, Resolution, SavedResponse, UnixMillis},
};

#[test]
fn a_question_that_was_changed_is_a_question_or_none() {
    let inputs = mutated(any_question().prop_map(|question| question.encode().unwrap()));
    fuzz("message to the object", &inputs, |bytes| {
        stays(Message::decode(&bytes), Message::encode, Message::decode)
    });
}

#[test]
fn a_reply_that_was_changed_is_a_reply_or_none() {
    fuzz(
        "reply to a claim",
        &mutated(any_reply(any_claimed())),
        |bytes| {
            let decode = Reply::<Claimed>::decode;
            stays(decode(&bytes), Reply::encode, decode)
        },
    );
    fuzz(
        "reply to a look-up",
        &mutated(any_reply(any_inspected())),
        |bytes| {
            let decode = Reply::<Inspected>::decode;
            stays(decode(&bytes), Reply::encode, decode)
        },
    );
}

/// What was read is written and read again as the same.
fn stays<T>(
    read: Result<T, MessageError>,
    encode: fn(&T) -> Result<Vec<u8>, MessageError>,
    decode: fn(&[u8]) -> Result<T, MessageError>,
) -> Shown {
    match read {
        Ok(message) => {
            let written = encode(&message).unwrap();
            prop_assert_eq!(encode(&decode(&written).unwrap()).unwrap(), written);
            Ok(true)
        }
        Err(error) => {
            prop_assert!(error.to_string().starts_with("a message"));
            Ok(false)
        }
    }
}

fn any_request() -> impl Strategy<Value = Request> {
    let pairs = || collection::vec(("[a-z-]{1,8}", any::<String>()), 0..3);
    let text = || "[ -~]{0,16}";
    let body = collection::vec(any::<u8>(), 0..32);
    ("[A-Z]{3,7}", text(), text(), pairs(), pairs(), body).prop_map(
        |(method, path, query, variables, fields, body)| Request {
            base_url: "https://localhost".to_owned(),
            method,
            path,
            query,
            variables: Variables(variables),
            fields,
            body,
        },
    )
}

fn any_question() -> impl Strategy<Value = Message> {
    let origin = (
        "[ -~]{0,8}",
        any_trace_id(),
        any::<Option<String>>(),
        any::<Option<String>>(),
    );
    let fault = prop_oneof![any::<u64>().prop_map(Fault::DelayMs), Just(Fault::Panic)];
    let asked = (
        "[a-z_]{1,20}",
        any::<[u8; 32]>(),
        origin,
        any::<u64>(),
        collection::vec(fault, 0..2),
        any_request(),
    );
    let claim = asked.prop_map(
        |(operation, fingerprint, origin, wait_s, faults, request)| {
            let (correlation_id, trace_id, ip_address, user_agent) = origin;
            Message::Claim(Asked {
                operation,
                idempotency_key: "key".to_owned(),
                scope: "scope".to_owned(),
                caller: String::new(),
                fingerprint: Fingerprint(fingerprint),
                origin: Origin {
                    correlation_id,
                    trace_id,
                    ip_address,
                    user_agent,
                },
                wait_s,
                faults,
                request,
            })
        },
    );
    let resolution = prop_oneof![
        collection::vec(any::<u8>(), 0..32).prop_map(|body| {
            Resolution::Completed(SavedResponse {
                status: 201,
                headers: Vec::new(),
                body,
            })
        }),
        Just(Resolution::Failed),
        Just(Resolution::Forgotten),
    ];
    let inputs = (resolution, "[ -~]{0,8}", any_trace_id());
    let resolve = inputs.prop_map(|(resolution, by, trace_id)| {
        Message::Resolve(Ruling {
            resolution,
            by,
            idempotency_key: "key".to_owned(),
            correlation_id: "id".to_owned(),
            trace_id,
        })
    });
    prop_oneof![7 => claim, 1 => Just(()).prop_map(|()| Message::Inspect), 2 => resolve]
}

fn any_silence() -> impl Strategy<Value = Silence> {
    prop_oneof![
        Just(Silence::Declined),
        Just(Silence::Unsettled),
        Just(Silence::Damaged)
    ]
}

fn passed_on(is_there: bool) -> Option<SavedResponse> {
    is_there.then(|| SavedResponse {
        status: 502,
        headers: Vec::new(),
        body: b"upstream".to_vec(),
    })
}

fn any_claimed() -> impl Strategy<Value = Claimed> {
    let inputs = (0..7_u8, any_record(), any::<bool>(), any::<u64>());
    inputs.prop_map(|(kind, record, flag, ms)| {
        let expires_at = UnixMillis(ms);
        match kind {
            0 => Claimed::Mismatch,
            1 => Claimed::InProgress { expires_at },
            2 => Claimed::Failed {
                expires_at,
                passed_on: passed_on(flag),
            },
            3 => Claimed::Superseded,
            4 => Claimed::Ambiguous {
                expires_at,
                own: flag,
                is_held: flag,
                error: flag.then_some(UpstreamError::HttpResponseTimeout),
                passed_on: passed_on(!flag),
            },
            _ => Claimed::Completed {
                record,
                replayed: flag,
                passed_on: passed_on(flag),
            },
        }
    })
}

fn any_inspected() -> impl Strategy<Value = Inspected> {
    let record = (any_record(), any::<bool>()).prop_map(|(record, is_there)| Inspected::Record {
        record: is_there.then_some(record),
        history: History::default(),
    });
    prop_oneof![4 => record, 1 => Just(()).prop_map(|()| Inspected::NotAmbiguous)]
}

/// A frame with what was said, or with a silence.
fn any_reply<T: ReplyKind + std::fmt::Debug>(
    said: impl Strategy<Value = T>,
) -> impl Strategy<Value = Vec<u8>> {
    let reply = prop_oneof![
        5 => said.prop_map(|said| Reply(Ok(said))),
        1 => any_silence().prop_map(|silence| Reply(Err(silence))),
    ];
    reply.prop_map(|reply| reply.encode().unwrap())
}
