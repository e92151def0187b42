//! What a change of a record says if the record is AMBIGUOUS, or was.

use idempotency_core::lifecycle::{Record, UnixMillis};

/// A record that is AMBIGUOUS, or was.
#[derive(Clone, Debug, PartialEq)]
pub struct Held {
    pub(super) operation_id: String,
    pub(super) operation: String,
    pub(super) upstream: Option<String>,
    pub(super) since: UnixMillis,
    pub(super) expires_at: UnixMillis,
}

impl Held {
    /// `record`, whose operation is a request to `upstream`, if it is one.
    #[must_use]
    pub fn of(record: &Record, upstream: Option<&str>) -> Self {
        Self {
            operation_id: record.operation_id.0.clone(),
            operation: record.operation.clone(),
            upstream: upstream.map(str::to_owned),
            since: record.updated_at,
            expires_at: record.expires_at,
        }
    }
}
