//! Everything worth reporting. It is the one source of log lines, metrics and what the
//! dashboard shows.

use idempotency_core::lifecycle::StatusName;
use serde::Serialize;

use super::records::Move;
use crate::problem_type::ProblemType;

/// Who an event is about.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Subject<'a> {
    /// The idempotency key, for events of keyed requests.
    pub idempotency_key: Option<&'a str>,
    /// The request's correlation id; the alarm has none.
    pub correlation_id: Option<&'a str>,
    /// The trace that the request belongs to, if it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace_id: Option<&'a str>,
    /// The operation's name, for events of keyed requests.
    pub operation: Option<&'a str>,
    /// The caller's name, for keyed requests of callers who are known.
    pub caller: Option<&'a str>,
    /// The caller's scope, for what happens to a record. Not logged: of most callers the name says more.
    #[serde(skip)]
    pub scope: Option<&'a str>,
}

impl Subject<'_> {
    /// What is about no request in particular.
    pub const NONE: Self = Self {
        idempotency_key: None,
        correlation_id: None,
        trace_id: None,
        operation: None,
        caller: None,
        scope: None,
    };
}

/// Something that happened, with what it carries into its log line.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub enum Event {
    /// A request was refused before it started, or could not be answered.
    Refused {
        /// The problem's type.
        problem: ProblemType,
        /// The status of the answer.
        status: u16,
        /// From the request's arrival to its answer.
        duration_ms: u64,
    },
    /// The first attempt of a record starts.
    Starting {
        /// Always 1.
        attempt: u32,
        /// From no record to one that is PROCESSING.
        #[serde(skip)]
        record: Move,
    },
    /// A further attempt starts: the one before failed, died or timed out.
    Retrying {
        /// At least 2.
        attempt: u32,
        /// To PROCESSING.
        #[serde(skip)]
        record: Move,
    },
    /// An attempt took effect and its answer is stored.
    Completed {
        /// The attempt that did.
        attempt: u32,
        /// From its start to its answer.
        duration_ms: u64,
        /// From PROCESSING to COMPLETED.
        #[serde(skip)]
        record: Move,
    },
    /// An answer had more content than is kept. It is given without, to the first request too.
    ContentOmitted {
        /// How many bytes the content had.
        content_bytes: usize,
    },
    /// An answer could not be sent as the operation made it. It is given without what is wrong, to the first request
    /// too.
    AnswerChanged {
        /// What was wrong, without its words.
        reason: String,
    },
    /// An attempt ended without an answer.
    Failed {
        /// The attempt that did.
        attempt: u32,
        /// Why, in words for the operator.
        reason: String,
        /// From PROCESSING to FAILED, unless the attempt was late.
        #[serde(skip)]
        record: Move,
    },
    /// An attempt may have taken effect, and must not be repeated: its key is held until that is known.
    Ambiguous {
        /// The attempt that did.
        attempt: u32,
        /// Why nobody knows, in words for the operator.
        reason: String,
        /// From PROCESSING to AMBIGUOUS.
        #[serde(skip)]
        record: Move,
    },
    /// Another system was asked what became of an attempt of which nobody knew.
    Probed {
        /// That attempt.
        attempt: u32,
        /// `done`, `absent` or `unknown`.
        finding: &'static str,
        /// Why it is unknown, in words for the operator; empty otherwise.
        reason: String,
    },
    /// It is known after all that an attempt took effect, and its answer is stored.
    FoundOut {
        /// The attempt that did.
        attempt: u32,
        /// `late_answer` or `probe`.
        source: &'static str,
        /// From AMBIGUOUS to COMPLETED.
        #[serde(skip)]
        record: Move,
    },
    /// An operator resolved a key.
    Resolved {
        /// What it is from then on: COMPLETED, FAILED or FORGOTTEN.
        status: StatusName,
        /// The operator's name.
        by: String,
        /// From AMBIGUOUS, or from any status to none.
        #[serde(skip)]
        record: Move,
    },
    /// An attempt ended after it had timed out, which changes nothing.
    Late {
        /// The attempt that did.
        attempt: u32,
    },
    /// A request got the first answer, which its own attempt made.
    Executed {
        /// From the request's arrival to its answer.
        duration_ms: u64,
    },
    /// A retry got the first answer.
    Replayed {
        /// `memory`, `object` or `kv`.
        source: &'static str,
        /// From the request's arrival to its answer.
        duration_ms: u64,
    },
    /// A request came while the first one was running.
    InProgress {
        /// From the request's arrival to its answer.
        duration_ms: u64,
    },
    /// A request came with a key that belongs to another one.
    Mismatch {
        /// From the request's arrival to its answer.
        duration_ms: u64,
    },
    /// A request's attempt ended without an answer.
    Unanswered {
        /// From the request's arrival to its answer.
        duration_ms: u64,
    },
    /// A request's attempt, or one before it, may have taken effect, and must not be repeated.
    OutcomeUnknown {
        /// From the request's arrival to its answer.
        duration_ms: u64,
    },
    /// A request without a key ran, on a route that does not require one.
    Unkeyed {
        /// From the request's arrival to its answer.
        duration_ms: u64,
    },
    /// A request without a key failed, and whether it had an effect need not be known.
    UnkeyedFailed {
        /// Why, in words for the operator.
        reason: String,
        /// From the request's arrival to its answer.
        duration_ms: u64,
    },
    /// The object could not be reached, or not in time.
    Unreachable {
        /// What the platform said.
        reason: String,
        /// From the request's arrival to its answer.
        duration_ms: u64,
    },
    /// A record's time was over and it is deleted.
    Expired {
        /// To none.
        #[serde(skip)]
        record: Move,
    },
    /// The limiter of requests per caller did not answer. The request was let through.
    LimiterFailed {
        /// What the platform said.
        reason: String,
    },
    /// The keys that tokens are checked with could not be fetched or used.
    KeysMissing {
        /// What the issuer or the platform said.
        reason: String,
    },
    /// A replay copy could not be written or read. Nothing depends on it.
    CopyFailed {
        /// What the platform said.
        reason: String,
    },
    /// What an operation has made could not be read.
    ReadFailed {
        /// What the database said.
        reason: String,
    },
    /// The counts of an isolate could not be flushed.
    CountsLost {
        /// What the platform said.
        reason: String,
    },
    /// An alert could not be sent to the webhook.
    WebhookFailed {
        /// What it answered, or the platform said.
        reason: String,
    },
    /// Worker and object, or the object and its record, are of different releases. The client may repeat its request.
    OtherRelease {
        /// What one of them does not know.
        reason: String,
    },
    /// Something is wrong that only a person can fix.
    Broken {
        /// What.
        reason: String,
    },
}

impl Event {
    /// An attempt starts.
    #[must_use]
    pub const fn started(attempt: u32, record: Move) -> Self {
        if attempt == 1 {
            Self::Starting { attempt, record }
        } else {
            Self::Retrying { attempt, record }
        }
    }

    /// The line's message, the same for every event of its kind.
    #[must_use]
    pub const fn message(&self) -> &'static str {
        match self {
            Self::Refused { .. } => "Request refused",
            Self::Starting { .. } => "Starting idempotent operation",
            Self::Retrying { .. } => "Previous attempt failed, retrying",
            Self::Completed { .. } => "Idempotent operation completed",
            Self::ContentOmitted { .. } => "Answer too large to keep",
            Self::AnswerChanged { .. } => "Answer cannot be sent as it was made",
            Self::Failed { .. } => "Idempotent operation failed",
            Self::Ambiguous { .. } => "Outcome of idempotent operation unknown",
            Self::Probed { .. } => "Upstream asked for unknown outcome",
            Self::FoundOut { .. } => "Outcome of idempotent operation found out",
            Self::Resolved { .. } => "Idempotency key resolved",
            Self::Late { .. } => "Attempt ended after it was given up",
            Self::Executed { .. } => "Returning first result",
            Self::Replayed { .. } => "Returning cached result",
            Self::InProgress { .. } => "Operation already in progress",
            Self::Mismatch { .. } => "Idempotency key already used with different request",
            Self::Unanswered { .. } => "Returning failure",
            Self::OutcomeUnknown { .. } => "Returning unknown outcome",
            Self::Unkeyed { .. } => "Ran without idempotency key",
            Self::UnkeyedFailed { .. } => "Failed without idempotency key",
            Self::LimiterFailed { .. } => "Rate limiter failed",
            Self::Unreachable { .. } => "Coordinator not reachable",
            Self::Expired { .. } => "Record expired",
            Self::KeysMissing { .. } => "Issuer's keys not available",
            Self::CopyFailed { .. } => "Replay copy failed",
            Self::ReadFailed { .. } => "Reading failed",
            Self::CountsLost { .. } => "Counts lost",
            Self::WebhookFailed { .. } => "Webhook failed",
            Self::OtherRelease { .. } => "Request or record of another release",
            Self::Broken { .. } => "Service needs attention",
        }
    }
}
