//! What is remembered about one idempotency key of one caller.

use serde::{Deserialize, Serialize};

use super::{Fingerprint, SavedResponse, StatusName, UnixMillis};

/// Names one operation for ever: every effect carries it, and no two effects may carry the same. A random UUID.
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
    /// Whether an attempt may be repeated: the strictest of the terms that its attempts were started under.
    #[serde(default, skip_serializing_if = "Repeat::is_same_id")]
    pub repeat: Repeat,
    /// The trace of the request that started the last attempt, for who looks for it. It decides nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace_id: Option<String>,
    /// How far the operation has come.
    pub status: Status,
}

/// What may happen after an attempt of which nobody knows whether it took effect. The later, the stricter.
#[derive(
    Clone, Copy, Debug, Default, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Repeat {
    /// Another attempt: the effect is unique on the operation id, which all attempts carry.
    #[default]
    SameId,
    /// Another attempt, which another system has to recognize by the operation id. The record is AMBIGUOUS until then.
    Resend,
    /// Another attempt, once the other system has said that there was no effect. The record is AMBIGUOUS until then.
    Probe,
    /// Nothing: what may have been sent is not sent again. The record is AMBIGUOUS until somebody knows better.
    Never,
}

impl Repeat {
    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "serde passes a reference"
    )]
    const fn is_same_id(&self) -> bool {
        matches!(self, Self::SameId)
    }
}

impl Record {
    /// Whether the record belongs to a request for `operation` with `fingerprint`.
    ///
    /// The fingerprint does not name the operation: a later release may map the path to another one.
    #[must_use]
    pub fn belongs_to(&self, operation: &str, fingerprint: Fingerprint) -> bool {
        self.operation == operation && self.fingerprint == fingerprint
    }

    /// Whether the record counts at `now`: it has neither expired nor been forgotten.
    #[must_use]
    pub fn counts(&self, now: UnixMillis) -> bool {
        now < self.expires_at && self.status != Status::Forgotten
    }

    /// The record as the next request finds it at `now`. An attempt that died, or whose deadline passed, has FAILED
    /// if it may be repeated; if not, it has left the record AMBIGUOUS.
    #[must_use]
    pub fn as_found(self, running: Option<&Attempt>, now: UnixMillis) -> Self {
        let is_processing = matches!(self.status, Status::Processing { .. });
        if !is_processing || self.is_attended(running, now) {
            return self;
        }
        Self {
            status: Status::of_unknown_outcome(self.repeat),
            ..self
        }
    }

    /// Whether `running`, the attempt that runs in this instance of the object, is the one that this record
    /// waits for, and still may be.
    #[must_use]
    pub fn is_attended(&self, running: Option<&Attempt>, now: UnixMillis) -> bool {
        match self.status {
            Status::Processing { deadline } => {
                now < deadline && running.is_some_and(|attempt| attempt.is_current(self))
            }
            Status::Completed { .. } | Status::Failed | Status::Ambiguous | Status::Forgotten => {
                false
            }
        }
    }
}

/// How far an operation has come.
#[derive(Clone, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(tag = "name", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Status {
    /// An attempt was started and has not settled.
    Processing {
        /// From this moment on the attempt has timed out, and another may start.
        deadline: UnixMillis,
    },
    /// The operation took effect and this is its answer.
    Completed {
        /// What every retry gets.
        response: SavedResponse,
    },
    /// The last attempt ended without an answer; the next request starts another.
    Failed,
    /// An attempt may have taken effect. What starts before its own late answer or an operator says what became of it,
    /// [`Repeat`] says. Not under [`Repeat::SameId`].
    Ambiguous,
    /// An operator forgot the key: the next request is a first one. The record stays for its history.
    Forgotten,
}

impl Status {
    /// Its name.
    #[must_use]
    pub const fn name(&self) -> StatusName {
        match self {
            Self::Processing { .. } => StatusName::Processing,
            Self::Completed { .. } => StatusName::Completed,
            Self::Failed => StatusName::Failed,
            Self::Ambiguous => StatusName::Ambiguous,
            Self::Forgotten => StatusName::Forgotten,
        }
    }

    /// The saved response's content; empty without one.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        match self {
            Self::Completed { response } => &response.body,
            Self::Processing { .. } | Self::Failed | Self::Ambiguous | Self::Forgotten => &[],
        }
    }

    /// That after an attempt of which nobody knows whether it took effect.
    pub(super) const fn of_unknown_outcome(repeat: Repeat) -> Self {
        match repeat {
            Repeat::SameId => Self::Failed,
            Repeat::Resend | Repeat::Probe | Repeat::Never => Self::Ambiguous,
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
    /// When it was first asked for: the same at all its attempts.
    pub begun_at: UnixMillis,
    /// Counted from 1.
    pub number: u32,
    /// From this moment on the attempt has timed out.
    pub deadline: UnixMillis,
    /// Until when its late answer is awaited; no earlier than its deadline.
    pub late_until: UnixMillis,
    /// Whether an attempt before it may have taken effect, and this one repeats it all the same.
    pub follows_unknown: bool,
}

impl Attempt {
    /// Whether `record` still waits for this attempt and no other.
    #[must_use]
    pub fn is_current(&self, record: &Record) -> bool {
        matches!(record.status, Status::Processing { .. }) && self.is_latest(record)
    }

    /// Whether it is this attempt that left `record` AMBIGUOUS.
    pub(super) fn left_ambiguous(&self, record: &Record) -> bool {
        record.status == Status::Ambiguous && self.is_latest(record)
    }

    fn is_latest(&self, record: &Record) -> bool {
        record.operation_id == self.operation_id && record.attempts == self.number
    }
}

/// The right to say once what a probe has found: of this operation after this attempt.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Probe {
    /// The operation that is asked about.
    pub operation_id: OperationId,
    /// When it was first asked for.
    pub begun_at: UnixMillis,
    /// The attempt that left it AMBIGUOUS.
    pub attempt: u32,
    /// When it is asked.
    pub asked_at: UnixMillis,
}

impl Probe {
    pub(super) fn of(record: &Record, now: UnixMillis) -> Self {
        Self {
            operation_id: record.operation_id.clone(),
            begun_at: record.created_at,
            attempt: record.attempts,
            asked_at: now,
        }
    }

    /// Whether `record` still waits for its answer.
    pub(super) fn is_about(&self, record: &Record) -> bool {
        record.status == Status::Ambiguous
            && record.operation_id == self.operation_id
            && record.attempts == self.attempt
    }
}
