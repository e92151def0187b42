//! Bugs that were found, each kept as a test. `tests/worker/reproduction.test.ts` has those that a client sees.

use idempotency_core::lifecycle::{
    Claim, Fingerprint, NewRecord, OperationId, Repeat, Terms, UnixMillis, claim,
};

/// An attempt that outlived its record went on to its effect, and the retry, by then a first request, had one of
/// its own.
#[test]
fn an_attempt_is_given_up_when_its_record_expires() {
    let new = NewRecord {
        operation_id: OperationId("operation".to_owned()),
        operation: "create_resource".to_owned(),
    };
    let terms = Terms {
        retention_ms: 1000,
        attempt_deadline_ms: 15_000,
        grace_ms: 0,
        absent_after_ms: 0,
        repeat: Repeat::SameId,
    };

    let (record, claimed) = claim(
        None,
        None,
        Fingerprint([1; 32]),
        new,
        UnixMillis(10_000),
        terms,
    );

    assert!(matches!(claimed, Claim::Execute(attempt) if attempt.deadline == record.expires_at));
}
