//! What is written is read again, and what is not of this release is refused rather than guessed.

#![allow(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may panic: that is how it fails"
)]

use edge_idempotency::{
    coordinator::{Asked, Fault, Message, Reply},
    lifecycle::{
        DecodeError, Fingerprint, OperationId, Record, SavedResponse, Status, UnixMillis, decode,
        encode,
    },
    operations::Origin,
};
use proptest::{collection, prelude::*};

proptest! {
    #[test]
    fn a_record_comes_back_as_it_was(record in record()) {
        prop_assert_eq!(decode(&encode(&record).unwrap()).unwrap(), record);
    }

    #[test]
    fn bytes_that_are_no_record_are_refused_without_a_panic(bytes in collection::vec(any::<u8>(), 0..64)) {
        prop_assert!(decode(&bytes).is_err());
        prop_assert!(Message::decode(&bytes).is_err());
        prop_assert!(Reply::decode(&bytes).is_err());
    }

    #[test]
    fn a_record_that_was_cut_in_its_head_is_refused(record in record(), at in any::<prop::sample::Index>()) {
        let bytes = encode(&record).unwrap();
        let head = bytes.iter().position(|byte| *byte == b'\n').unwrap();

        prop_assert!(decode(bytes.get(..at.index(head)).unwrap()).is_err());
    }

    #[test]
    fn a_reply_comes_back_with_every_byte_of_its_answer(record in record(), replayed in any::<bool>()) {
        let sent = Reply::Completed { record: record.clone(), replayed };
        let Reply::Completed { record: received, .. } = Reply::decode(&sent.encode().unwrap()).unwrap() else {
            panic!("the same reply");
        };
        prop_assert_eq!(received, record);
    }
}

#[test]
fn a_record_of_another_version_is_named_as_such() {
    let bytes = b"{\"version\":9,\"something\":\"else\"}\nbody";

    assert!(matches!(decode(bytes), Err(DecodeError::OtherVersion(9))));
}

#[test]
fn a_message_keeps_its_payload_byte_for_byte() {
    let payload = b"{\"a\":\n1.00}".to_vec();
    let asked = Asked {
        operation: "create_resource".to_owned(),
        idempotency_key: "key".to_owned(),
        caller: "caller".to_owned(),
        caller_name: "ann".to_owned(),
        fingerprint: Fingerprint([7; 32]),
        origin: Origin {
            correlation_id: "id".to_owned(),
            ip_address: None,
            user_agent: Some("agent".to_owned()),
        },
        wait_s: 3,
        faults: vec![Fault::DelayMs(5), Fault::Panic],
        payload: payload.clone(),
    };

    let bytes = Message::Claim(asked).encode().unwrap();

    let Message::Claim(received) = Message::decode(&bytes).unwrap() else {
        panic!("the same message");
    };
    assert_eq!(received.payload, payload);
    assert_eq!(received.fingerprint, Fingerprint([7; 32]));
    assert_eq!(received.faults, [Fault::DelayMs(5), Fault::Panic]);
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
    ];
    let times = any::<(u64, u64, u64)>();
    (status, any::<[u8; 32]>(), any::<u32>(), times).prop_map(
        |(status, fingerprint, attempts, (created_at, updated_at, expires_at))| Record {
            operation_id: OperationId("operation".to_owned()),
            operation: "create_resource".to_owned(),
            fingerprint: Fingerprint(fingerprint),
            attempts,
            created_at: UnixMillis(created_at),
            updated_at: UnixMillis(updated_at),
            expires_at: UnixMillis(expires_at),
            status,
        },
    )
}
