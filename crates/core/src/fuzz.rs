//! What fuzz targets share. Each module `any_…` of the crate is a target or several: whatever it is given, the code
//! beside it answers as it should. `cargo test` tries each with 256 inputs, `npm run fuzz` with many more.

#![allow(
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    clippy::panic,
    reason = "a test may panic: that is how it fails"
)]

use std::cell::Cell;

use proptest::{
    collection, option,
    prelude::*,
    sample::Index,
    test_runner::{Config, TestCaseError, TestRunner},
};

use crate::lifecycle::{
    Fingerprint, OperationId, Record, Repeat, SavedResponse, Status, UnixMillis,
};

/// What an input has shown: whether it was taken, or that something is wrong.
pub type Shown = Result<bool, TestCaseError>;

/// Shows as many inputs as the variable `PROPTEST_CASES` says to `check`. A target that takes no input, or every
/// input, has lost what it is to tell apart, and fails.
pub fn fuzz<S: Strategy>(target: &str, inputs: &S, check: impl Fn(S::Value) -> Shown) {
    let taken = Cell::new(0_u32);
    let config = Config {
        failure_persistence: None,
        ..Config::default()
    };
    let cases = config.cases;
    let run = TestRunner::new(config).run(inputs, |input| {
        taken.set(taken.get().saturating_add(u32::from(check(input)?)));
        Ok(())
    });
    if let Err(found) = run {
        panic!("{target}: {found}");
    }
    let taken = taken.get();
    println!("fuzzed {target}: {cases} inputs, {taken} taken");
    assert!(
        0 < taken && taken < cases,
        "{target} takes {taken} of {cases}"
    );
}

/// Bytes of another strategy, most of them with up to three changes: one flipped, replaced, put in, taken out, a
/// piece repeated, or the end cut off.
pub fn mutated<S: Strategy<Value = Vec<u8>>>(bytes: S) -> impl Strategy<Value = Vec<u8>> {
    let change = (0..6_u8, any::<Index>(), any::<u8>());
    (bytes, collection::vec(change, 0..4)).prop_map(|(mut bytes, changes)| {
        for (kind, at, byte) in changes {
            change_at(&mut bytes, kind, at, byte);
        }
        bytes
    })
}

/// The same of text. What is no UTF-8 any more becomes U+FFFD.
pub fn mutated_text<S: Strategy<Value = String>>(text: S) -> impl Strategy<Value = String> {
    mutated(text.prop_map(String::into_bytes))
        .prop_map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}

fn change_at(bytes: &mut Vec<u8>, kind: u8, at: Index, byte: u8) {
    if bytes.is_empty() {
        bytes.push(byte);
    }
    let at = at.index(bytes.len());
    match kind {
        0 => bytes[at] ^= 1_u8.rotate_left(u32::from(byte)),
        1 => bytes[at] = byte,
        2 => bytes.insert(at, byte),
        3 => drop(bytes.remove(at)),
        4 => {
            let piece: Vec<_> = bytes[at..].iter().copied().take(byte.into()).collect();
            bytes.splice(at..at, piece).for_each(drop);
        }
        _ => bytes.truncate(at),
    }
}

/// A record in any state.
pub fn any_record() -> impl Strategy<Value = Record> {
    let headers = collection::vec(("[a-z-]{1,8}", "[ -~]{0,12}"), 0..3);
    let body = collection::vec(any::<u8>(), 0..64);
    let response =
        (any::<u16>(), headers, body).prop_map(|(status, headers, body)| SavedResponse {
            status,
            headers,
            body,
        });
    let deadline = any::<u64>().prop_map(UnixMillis);
    let status = prop_oneof![
        deadline.prop_map(|deadline| Status::Processing { deadline }),
        response.prop_map(|response| Status::Completed { response }),
        Just(Status::Failed),
        Just(Status::Ambiguous),
        Just(Status::Forgotten),
    ];
    let repeat = prop_oneof![
        Just(Repeat::SameId),
        Just(Repeat::Resend),
        Just(Repeat::Probe),
        Just(Repeat::Never),
    ];
    let names = ("[a-f0-9-]{36}", "[a-z_]{1,20}");
    let times = any::<(u64, u64, u64)>();
    (
        names,
        any::<[u8; 32]>(),
        any::<u32>(),
        times,
        (repeat, any_trace_id(), status),
    )
        .prop_map(
            |(
                (id, operation),
                fingerprint,
                attempts,
                (created_at, updated_at, expires_at),
                (repeat, trace_id, status),
            )| {
                Record {
                    operation_id: OperationId(id),
                    operation,
                    fingerprint: Fingerprint(fingerprint),
                    attempts,
                    created_at: UnixMillis(created_at),
                    updated_at: UnixMillis(updated_at),
                    expires_at: UnixMillis(expires_at),
                    repeat,
                    trace_id,
                    status,
                }
            },
        )
}

/// The trace of a request that belongs to one, or not.
pub fn any_trace_id() -> impl Strategy<Value = Option<String>> {
    option::of("[0-9a-f]{32}")
}
