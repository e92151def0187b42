//! What a copy says of a request. Pure.

use idempotency_core::lifecycle::{Fingerprint, Record, Status, UnixMillis};

/// What a valid copy says.
#[derive(Clone, Debug, PartialEq)]
pub enum Judgement {
    /// The first answer, with its record.
    Replay(Record),
    /// The key belongs to another request.
    Mismatch,
}

/// What `copy` says of a request for `operation` with `fingerprint` at `now`; nothing if the copy is invalid,
/// which is the same as if it were not there.
#[must_use]
pub fn judge(
    copy: &Record,
    operation: &str,
    fingerprint: Fingerprint,
    now: UnixMillis,
) -> Option<Judgement> {
    let Status::Completed { .. } = copy.status else {
        return None;
    };
    if now >= copy.expires_at {
        None
    } else if copy.belongs_to(operation, fingerprint) {
        Some(Judgement::Replay(copy.clone()))
    } else {
        Some(Judgement::Mismatch)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use idempotency_core::lifecycle::{OperationId, Repeat, SavedResponse};

    use super::*;

    proptest! {
        #[test]
        fn a_copy_speaks_only_while_it_is_valid_and_replays_only_to_its_own_request(
            status in 0..5_u8, copied in 0..2_u8, asked in 0..2_u8, operation in "[ab]",
            expires_at in 0..4_u64, now in 0..4_u64,
        ) {
            let copy = copy(status, copied, expires_at);

            let found = judge(&copy, &operation, Fingerprint([asked; 32]), UnixMillis(now));

            let expected = match () {
                () if status != 1 || now >= expires_at => None,
                () if copied == asked && operation == "a" => Some(Judgement::Replay(copy)),
                () => Some(Judgement::Mismatch),
            };
            prop_assert_eq!(found, expected);
        }
    }

    fn copy(status: u8, fingerprint: u8, expires_at: u64) -> Record {
        let response = SavedResponse {
            status: 201,
            headers: Vec::new(),
            body: Vec::new(),
        };
        Record {
            operation_id: OperationId("operation".to_owned()),
            operation: "a".to_owned(),
            fingerprint: Fingerprint([fingerprint; 32]),
            attempts: 1,
            created_at: UnixMillis(0),
            updated_at: UnixMillis(0),
            expires_at: UnixMillis(expires_at),
            repeat: Repeat::SameId,
            trace_id: None,
            status: match status {
                0 => Status::Failed,
                1 => Status::Completed { response },
                2 => Status::Ambiguous,
                3 => Status::Forgotten,
                _ => Status::Processing {
                    deadline: UnixMillis(9),
                },
            },
        }
    }
}
