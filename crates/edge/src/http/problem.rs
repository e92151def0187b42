//! Refusals and failures, as `application/problem+json` (RFC 9457).

use idempotency_core::IdempotencyKey;
use schemars::JsonSchema;
use serde::Serialize;

use super::{answer::Answer, answer_field::AnswerField};
use crate::{operation::FieldError, problem_type::ProblemType};

/// The value of `Retry-After`, in seconds: an operation usually takes less than one.
const RETRY_AFTER_S: u64 = 1;

/// One occurrence of a problem.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    pub(super) kind: ProblemType,
    pub(super) status: u16,
    pub(super) detail: String,
    pub(super) errors: Vec<FieldError>,
    pub(super) headers: Vec<(AnswerField, String)>,
}

/// What is told of it.
#[derive(JsonSchema, Serialize)]
#[schemars(rename = "Problem")]
pub struct ProblemDetails<'a> {
    /// The problem's name, a path; GET it for what it means and what to do.
    #[schemars(extend("format" = "uri-reference"))]
    r#type: String,
    title: &'a str,
    /// The status of the answer.
    #[schemars(range(min = 400, max = 599))]
    status: u16,
    detail: &'a str,
    /// The same as in `X-Correlation-ID`.
    correlation_id: &'a str,
    /// `true`: send the same request with the same key again. `false`: it needs a change first.
    retryable: bool,
    /// All that is wrong with the request, with `validation-failed` alone.
    #[serde(skip_serializing_if = "<[FieldError]>::is_empty")]
    errors: &'a [FieldError],
}

impl Problem {
    /// A problem of this type.
    #[must_use]
    pub fn new(kind: ProblemType, detail: impl Into<String>) -> Self {
        let status = kind.definition().status;
        let problem = Self {
            kind,
            status,
            detail: detail.into(),
            errors: Vec::new(),
            headers: Vec::new(),
        };
        match status {
            409 | 503 => problem.with(AnswerField::RetryAfter, RETRY_AFTER_S.to_string()),
            _ => problem,
        }
    }

    /// The same with one more header field.
    #[must_use]
    pub fn with(mut self, field: AnswerField, value: impl Into<String>) -> Self {
        self.headers.push((field, value.into()));
        self
    }

    /// The same with another of its type's statuses.
    #[must_use]
    pub fn with_status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    /// The same, naming the key that it is about.
    #[must_use]
    pub fn about(self, key: &IdempotencyKey) -> Self {
        self.with(AnswerField::Key, key.to_string())
    }

    /// Its type.
    #[must_use]
    pub const fn kind(&self) -> ProblemType {
        self.kind
    }

    /// The answer's status.
    #[must_use]
    pub const fn status(&self) -> u16 {
        self.status
    }

    /// Its header fields, without their values.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn fields(&self) -> impl Iterator<Item = AnswerField> {
        self.headers.iter().map(|(field, _)| *field)
    }

    /// The answer that reports it.
    #[must_use]
    pub fn answer(self, correlation_id: &str) -> Answer {
        let definition = self.kind.definition();
        let details = ProblemDetails {
            r#type: format!("/problems/{}", definition.slug),
            title: definition.title,
            status: self.status,
            detail: &self.detail,
            correlation_id,
            retryable: definition.retryable,
            errors: &self.errors,
        };
        let body = serde_json::to_vec(&details).unwrap_or_default();
        let answer = Answer::new(self.status, "application/problem+json", body);
        let with = |answer: Answer, (field, value)| answer.with(field, value);
        self.headers.into_iter().fold(answer, with)
    }
}
