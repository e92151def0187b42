//! What an operation is, and what it is given.

use std::future::ready;

use futures_util::future::LocalBoxFuture;
use idempotency_core::{
    Origin, Request, UpstreamError,
    lifecycle::{Finding, Fingerprint, OperationId, Repeat, SavedResponse, UnixMillis},
};
use serde::de::DeserializeOwned;
use thiserror::Error;
use worker::Env;

#[cfg(not(target_arch = "wasm32"))]
use super::Shape;
use super::{FieldError, streamed_body::Streaming};
use crate::{
    settings::Retention,
    store::{Table, Value, ask},
};

/// Something that may be asked for many times and takes effect once.
pub trait Operation {
    /// Its name in records, logs and the look-up of a key. No two operations of a service have the same.
    fn name(&self) -> &str;

    /// How long its answers are kept.
    fn retention(&self) -> Retention {
        Retention::Standard
    }

    /// After how many seconds a running attempt times out, if not as `ATTEMPT_DEADLINE_SECONDS` says.
    fn deadline_s(&self) -> Option<u64> {
        None
    }

    /// For how many seconds after its deadline an attempt's late answer is awaited, if the operation asks another system.
    /// Without it, what is under way then goes on unheard.
    fn grace_s(&self) -> Option<u64> {
        None
    }

    /// Whether an attempt may be repeated whose outcome is unknown. `SameId`: every effect is unique on the operation
    /// id. `Resend`: another system is asked again, and recognizes the operation id. `Probe`: it is asked first whether
    /// there was an effect. `Never`: what may have been sent is not sent again.
    fn repeat(&self) -> Repeat {
        Repeat::SameId
    }

    /// The name of the API that it asks, for lists and metrics, if it is a request to one. Only names of a policy.
    fn upstream(&self) -> Option<&str> {
        None
    }

    /// By which terms `probe` is asked, where `repeat` is `Probe`.
    fn probe_terms(&self) -> ProbeTerms {
        ProbeTerms::default()
    }

    /// Asks another system what became of an attempt of which nobody knows.
    fn probe<'a>(
        &'a self,
        _execution: &'a Execution<'a>,
    ) -> LocalBoxFuture<'a, Result<Finding, OperationError>> {
        Box::pin(ready(Ok(Finding::Unknown)))
    }

    /// How many seconds a request waits at least for the answer of the first one with its key, whatever `Prefer` says.
    fn wait_s(&self) -> u64 {
        0
    }

    /// The status of the problem that a request gets while the first one with its key runs: 409, or 503 for clients that
    /// give up after 4xx.
    fn in_progress_status(&self) -> u16 {
        409
    }

    /// The status of the problem that a request gets after an attempt of which nobody knows whether it took effect, and
    /// which must not be repeated: 409 or 503, as above.
    fn ambiguous_status(&self) -> u16 {
        409
    }

    /// Whether its request has a body of JSON. If so, other content is refused before `admit`.
    fn takes_json(&self) -> bool {
        false
    }

    /// Whether it reads header fields. If not, `Request::fields` is empty, which is faster.
    fn reads_fields(&self) -> bool {
        false
    }

    /// Decides what makes a request the same as another, or why it is refused. A refused request leaves its key unused.
    fn admit(&self, request: &Request) -> Result<Fingerprint, Refusal>;

    /// Takes effect and answers. Unless `repeat` is `Never`, it may be called again with the same
    /// `execution.operation_id`, also while an earlier call still runs. Then it must find that call's effect and give
    /// the same answer.
    fn execute<'a>(
        &'a self,
        execution: &'a Execution<'a>,
    ) -> LocalBoxFuture<'a, Result<SavedResponse, OperationError>>;

    /// What is kept of an answer for retries, if that is less than the first request gets.
    fn kept(&self, _answer: &SavedResponse) -> Option<SavedResponse> {
        None
    }

    /// The longest body of a request, in bytes, if not as `MAX_CONTENT_BYTES` says.
    fn max_body_bytes(&self) -> Option<usize> {
        None
    }

    /// What the description of the API shows. It is made on the host; the Worker does not carry it.
    #[cfg(not(target_arch = "wasm32"))]
    fn shape(&self) -> Shape {
        Shape::untyped()
    }
}

/// By which terms another system is asked what became of an attempt.
#[derive(Clone, Copy, Debug, Default)]
pub struct ProbeTerms {
    /// How many seconds it may take.
    pub deadline_s: u64,
    /// For how many seconds after the outcome became unknown it is not believed that there was no effect.
    pub absent_after_s: u64,
}

/// What an attempt knows.
pub struct Execution<'a> {
    /// The request, as `admit` has seen it.
    pub request: &'a Request,
    /// The same at every attempt; every effect must be unique on it.
    pub operation_id: &'a OperationId,
    /// When the operation was first asked for: the same at every attempt.
    pub begun_at: UnixMillis,
    /// Whether an attempt before it may have taken effect.
    pub follows_unknown: bool,
    /// The key as answers show it. There is none where the route does not require one and the request has none.
    pub idempotency_key: Option<&'a str>,
    /// The caller's scope. Whatever is stored belongs to it.
    pub scope: &'a str,
    /// Where this attempt's request came from.
    pub origin: &'a Origin,
    /// When this attempt started.
    pub now: UnixMillis,
    /// The bindings, for the database and whatever else the operation needs.
    pub env: &'a Env,
    /// Where the body goes that is streamed. An answer with one is complete with its head: a body that ends early is seen
    /// by the first client alone.
    pub streaming: &'a Streaming,
}

impl Execution<'_> {
    /// Writes the operation's row into `table`, with `values` in the order of its columns, unless the operation has one
    /// there; returns the row as it is stored. Nothing, if another operation has a row with what must be unique.
    pub async fn insert_once<T: DeserializeOwned, const N: usize>(
        &self,
        table: &Table<N>,
        values: [Value<'_>; N],
    ) -> Result<Option<T>, OperationError> {
        let json = ask(self.env, "insertOnce", table.declared(), self.row(&values)).await?;
        Ok(serde_json::from_slice(json.as_bytes())?)
    }

    /// What is in its row: what every row has, and these values.
    fn row<'a>(&'a self, values: &[Value<'a>]) -> Vec<Value<'a>> {
        let mut row = vec![
            self.begun_at.into(),
            self.operation_id.0.as_str().into(),
            self.scope.into(),
        ];
        row.extend_from_slice(values);
        row
    }
}

/// Why a request is not admitted.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Refusal {
    /// The body cannot be read as JSON. The text says where and why.
    MalformedJson(String),
    /// The body is of a type that is not accepted.
    UnsupportedMediaType {
        /// What is wrong, and what to send.
        detail: String,
        /// The types that are accepted, as the field `Accept` says them.
        accept: String,
    },
    /// These parts of the request are invalid.
    Invalid(Vec<FieldError>),
}

/// An attempt that ended without an answer. The next request with the key starts another; of an operation that must not
/// be repeated only if nothing was sent, whatever the error.
#[derive(Debug, Error)]
pub enum OperationError {
    /// The store did not do what it was asked.
    #[error("the database failed: {0}")]
    Database(#[from] worker::Error),
    /// What must be unique is another operation's: it has a row with the same.
    #[error("another operation has a row with what must be unique")]
    Taken,
    /// What is stored or answered cannot be written or read as JSON.
    #[error("not to be written or read as JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// The body was accepted before, and is not now.
    #[error("the body is not what was validated: {0}")]
    Input(String),
    /// Nothing was sent that could take effect.
    #[error("nothing was sent: {0}")]
    NotSent(String),
    /// Something was sent, and whether it took effect is not known.
    #[error("it is not known whether it took effect: {0}")]
    Ambiguous(String),
    /// Something was sent, and another system gave no whole answer.
    #[error("it is not known whether it took effect: {reason}")]
    Unanswered {
        /// Why, in the words of answers.
        error: UpstreamError,
        /// What the platform said.
        reason: String,
    },
    /// Another system answered that nothing took effect. Its answer is passed on, and not kept.
    #[error("another system did nothing, and answered with status {}", .0.status)]
    Refused(SavedResponse),
    /// Another system answered, and not whether it took effect. Its answer is passed on, and not kept.
    #[error("another system answered with status {}, after which it is not known whether it took effect", .0.status)]
    Unclear(SavedResponse),
}

impl OperationError {
    /// The answer that the attempt's own request gets.
    #[must_use]
    pub fn passed_on(self) -> Option<SavedResponse> {
        match self {
            Self::Refused(response) | Self::Unclear(response) => Some(response),
            Self::Database(_)
            | Self::Taken
            | Self::Json(_)
            | Self::Input(_)
            | Self::NotSent(_)
            | Self::Ambiguous(_)
            | Self::Unanswered { .. } => None,
        }
    }

    /// Why another system gave no whole answer.
    #[must_use]
    pub const fn upstream_error(&self) -> Option<UpstreamError> {
        match self {
            Self::Unanswered { error, .. } => Some(*error),
            Self::Database(_)
            | Self::Taken
            | Self::Json(_)
            | Self::Input(_)
            | Self::NotSent(_)
            | Self::Ambiguous(_)
            | Self::Refused(_)
            | Self::Unclear(_) => None,
        }
    }

    /// Whether it is certain that nothing took effect. An error of the platform proves nothing: it is the same for a
    /// request that was lost and for an answer that was.
    #[must_use]
    pub const fn had_no_effect(&self) -> bool {
        match self {
            Self::Taken | Self::Input(_) | Self::NotSent(_) | Self::Refused(_) => true,
            Self::Database(_)
            | Self::Json(_)
            | Self::Ambiguous(_)
            | Self::Unanswered { .. }
            | Self::Unclear(_) => false,
        }
    }
}
