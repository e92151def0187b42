//! What is remembered about one idempotency key of one caller.

use serde::{Deserialize, Serialize};

use super::{Fingerprint, SavedResponse, UnixMillis};

/// Names one operation for ever: every effect carries it, and no two effects may carry the same.
#[derive(Clone, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(transparent)]
pub struct OperationId(pub String);

/// The state of a key, from its first request until it expires.
#[derive(Clone, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
pub struct Record {
    /// Minted with the record; all its attempts share it.
    pub operation_id: OperationId,
    /// The operation's name, such as `create_resource`.
    pub operation: String,
    /// What a request must match to be a retry of this one.
    pub fingerprint: Fingerprint,
    /// How many attempts have been started, the current one included; at least 1.
    pub attempts: u32,
    /// When the first request came.
    pub created_at: UnixMillis,
    /// When the status last changed.
    pub updated_at: UnixMillis,
    /// From this moment on the record answers nothing. Never moved.
    pub expires_at: UnixMillis,
    /// How far the operation has come.
    pub status: Status,
}

impl Record {
    /// Whether the record belongs to a request for `operation` with `fingerprint`.
    ///
    /// The fingerprint does not name the operation: a later release may map the path to another one.
    #[must_use]
    pub fn belongs_to(&self, operation: &str, fingerprint: Fingerprint) -> bool {
        self.operation == operation && self.fingerprint == fingerprint
    }

    /// Whether `running`, the attempt that runs in this instance of the object, is the one that this record
    /// waits for, and still may be.
    #[must_use]
    pub fn is_attended(&self, running: Option<&Attempt>, now: UnixMillis) -> bool {
        match self.status {
            Status::Processing { deadline } => {
                now < deadline && running.is_some_and(|attempt| attempt.is_current(self))
            }
            Status::Completed { .. } | Status::Failed => false,
        }
    }
}

/// How far an operation has come.
#[derive(Clone, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(tag = "name", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Status {
    /// An attempt was started and has not settled.
    Processing {
        /// From this moment on the attempt is given up and another may start.
        deadline: UnixMillis,
    },
    /// The operation took effect and this is its answer.
    Completed {
        /// What every retry gets.
        response: SavedResponse,
    },
    /// The last attempt ended without an answer; the next request starts another.
    Failed,
}

impl Status {
    /// The status's name in the contract.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Processing { .. } => "PROCESSING",
            Self::Completed { .. } => "COMPLETED",
            Self::Failed => "FAILED",
        }
    }
}

/// The right to execute an operation once and to settle its record.
///
/// It names the operation and the attempt, so that neither an earlier attempt nor one of a record that
/// expired meanwhile can settle in its place (fencing).
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Attempt {
    /// The operation that is attempted.
    pub operation_id: OperationId,
    /// Counted from 1.
    pub number: u32,
    /// From this moment on the attempt is given up.
    pub deadline: UnixMillis,
}

impl Attempt {
    /// Whether `record` still waits for this attempt and no other.
    #[must_use]
    pub fn is_current(&self, record: &Record) -> bool {
        matches!(record.status, Status::Processing { .. })
            && record.operation_id == self.operation_id
            && record.attempts == self.number
    }
}
