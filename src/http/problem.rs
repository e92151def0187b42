//! Refusals and failures, as `application/problem+json` (RFC 9457).

use schemars::JsonSchema;
use serde::Serialize;

use super::{
    answer::Answer,
    catalogue::{self, ProblemType},
    key::KeyField,
};
use crate::{coordinator::IdempotencyKey, operations::FieldError};

/// In how many seconds a client is told to come back: an operation usually takes less than one.
const RETRY_AFTER_S: u64 = 1;

/// One occurrence of a problem.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    kind: &'static ProblemType,
    status: u16,
    detail: String,
    errors: Vec<FieldError>,
    headers: Vec<(String, String)>,
}

/// What is told of it.
#[derive(JsonSchema, Serialize)]
#[schemars(rename = "Problem")]
pub struct Content<'a> {
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
    pub fn new(kind: &'static ProblemType, detail: impl Into<String>) -> Self {
        let problem = Self {
            kind,
            status: kind.status,
            detail: detail.into(),
            errors: Vec::new(),
            headers: Vec::new(),
        };
        match kind.status {
            409 | 503 => problem.with("Retry-After", RETRY_AFTER_S.to_string()),
            _ => problem,
        }
    }

    /// The same with one more header field.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// The same, naming the key that it is about.
    #[must_use]
    pub fn about(self, key: &IdempotencyKey) -> Self {
        self.with("X-Idempotency-Key", key.to_string())
    }

    /// The problem type's name.
    #[must_use]
    pub const fn slug(&self) -> &'static str {
        self.kind.slug
    }

    /// The answer's status.
    #[must_use]
    pub const fn status(&self) -> u16 {
        self.status
    }

    /// The names of its header fields.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn header_names(&self) -> impl Iterator<Item = &str> {
        self.headers.iter().map(|(name, _)| name.as_str())
    }

    /// The answer that tells it.
    #[must_use]
    pub fn answer(self, correlation_id: &str) -> Answer {
        let content = Content {
            r#type: format!("/problems/{}", self.kind.slug),
            title: self.kind.title,
            status: self.status,
            detail: &self.detail,
            correlation_id,
            retryable: self.kind.retryable,
            errors: &self.errors,
        };
        let body = serde_json::to_vec(&content).unwrap_or_default();
        let mut answer = Answer::new(self.status, "application/problem+json", body);
        answer.headers.extend(self.headers);
        answer
    }

    /// No key.
    #[must_use]
    pub fn key_missing() -> Self {
        Self::new(
            &catalogue::KEY_MISSING,
            "Send a UUID of version 4 in the header field X-Idempotency-Key or Idempotency-Key.",
        )
    }

    /// A key that is none.
    #[must_use]
    pub fn key_invalid() -> Self {
        Self::new(
            &catalogue::KEY_INVALID,
            "The key must be a UUID of version 4, such as 9b2e1c1e-52a9-4f4c-9d0b-0f6a1a2b3c4d.",
        )
    }

    /// Two keys.
    #[must_use]
    pub fn key_conflict(detail: &str) -> Self {
        Self::new(&catalogue::KEY_CONFLICT, detail)
    }

    /// A key that belongs to another request.
    #[must_use]
    pub fn mismatch(field: KeyField) -> Self {
        let status = match field {
            KeyField::Standard => 422,
            KeyField::Extension => 400,
        };
        let problem = Self::new(
            &catalogue::REQUEST_MISMATCH,
            "This key was used with another payload, path, query or method. Repeat that request unchanged, \
             or use a new key for this one.",
        );
        Self { status, ..problem }
    }

    /// The first request is still running.
    #[must_use]
    pub fn in_progress() -> Self {
        Self::new(
            &catalogue::OPERATION_IN_PROGRESS,
            "A request with this key is still running. Send this one again after the seconds in \
             Retry-After, or with Prefer: wait=30 to be answered when it ends.",
        )
    }

    /// Content that cannot be read.
    #[must_use]
    pub fn malformed_json(detail: String) -> Self {
        Self::new(&catalogue::MALFORMED_JSON, detail)
    }

    /// Content, a query or a field that breaks the rules.
    #[must_use]
    pub fn invalid(errors: Vec<FieldError>) -> Self {
        let detail = match errors.len() {
            1 => "One rule is broken: see errors.".to_owned(),
            count => format!("{count} rules are broken: see errors."),
        };
        let problem = Self::new(&catalogue::VALIDATION_FAILED, detail);
        Self { errors, ..problem }
    }

    /// Content of another type.
    #[must_use]
    pub fn unsupported_media_type() -> Self {
        Self::new(
            &catalogue::UNSUPPORTED_MEDIA_TYPE,
            "Send the content as JSON in UTF-8, with Content-Type: application/json.",
        )
        .with("Accept", "application/json")
    }

    /// Content of more than `max_bytes`.
    #[must_use]
    pub fn payload_too_large(max_bytes: usize) -> Self {
        Self::new(
            &catalogue::PAYLOAD_TOO_LARGE,
            format!("The content may have {max_bytes} bytes."),
        )
    }

    /// Content that did not come.
    #[must_use]
    pub fn request_timeout(deadline_ms: u64) -> Self {
        Self::new(
            &catalogue::REQUEST_TIMEOUT,
            format!(
                "The content did not arrive within {} seconds.",
                deadline_ms / 1000
            ),
        )
    }

    /// A header field of more than `max_bytes`.
    #[must_use]
    pub fn field_too_large(name: &str, max_bytes: usize) -> Self {
        Self::new(
            &catalogue::HEADER_FIELDS_TOO_LARGE,
            format!("The header field {name} may have {max_bytes} bytes."),
        )
    }

    /// More requests than a caller may send in `period_s` seconds.
    #[must_use]
    pub fn rate_limited(period_s: u64) -> Self {
        Self::new(
            &catalogue::RATE_LIMITED,
            "You send more requests than a caller may. Send this one again after the seconds in Retry-After.",
        )
        .with("Retry-After", period_s.to_string())
    }

    /// Nothing there, or nothing of this caller.
    #[must_use]
    pub fn not_found(detail: &str) -> Self {
        Self::new(&catalogue::NOT_FOUND, detail)
    }

    /// A method that the path does not take; `allow` lists those it does.
    #[must_use]
    pub fn method_not_allowed(allow: &str) -> Self {
        Self::new(
            &catalogue::METHOD_NOT_ALLOWED,
            format!("This path takes {allow}."),
        )
        .with("Allow", allow)
    }

    /// No credential, or one that is none.
    #[must_use]
    pub fn unauthorized(detail: &str) -> Self {
        Self::new(&catalogue::UNAUTHORIZED, detail).with("WWW-Authenticate", "Bearer")
    }

    /// A token that is not taken (RFC 6750, section 3.1).
    #[must_use]
    pub fn invalid_token(detail: &str) -> Self {
        Self::new(&catalogue::UNAUTHORIZED, detail)
            .with("WWW-Authenticate", r#"Bearer error="invalid_token""#)
    }

    /// Who is calling cannot be found out at the moment.
    #[must_use]
    pub fn keys_missing() -> Self {
        Self::new(
            &catalogue::SERVICE_UNAVAILABLE,
            "The token could not be checked: its issuer's keys are not to be had. Nothing was done; send the \
             request again.",
        )
    }

    /// A page of an origin that may not call.
    #[must_use]
    pub fn forbidden_origin() -> Self {
        Self::new(
            &catalogue::FORBIDDEN,
            "Pages of this origin may not call. The variable CORS_ALLOWED_ORIGINS lists those that may.",
        )
    }

    /// A caller that may call, but not for this.
    #[must_use]
    pub fn operators_only() -> Self {
        Self::new(
            &catalogue::FORBIDDEN,
            "Only a token with the role operator may do this.",
        )
    }

    /// An attempt without an answer.
    #[must_use]
    pub fn operation_failed() -> Self {
        Self::new(
            &catalogue::OPERATION_FAILED,
            "This attempt failed. Send the same request with the same key again: nothing is done twice.",
        )
    }

    /// An attempt that ended when it no longer counted: after its deadline, or after its key's lifetime.
    #[must_use]
    pub fn given_up() -> Self {
        Self::new(
            &catalogue::OPERATION_FAILED,
            "This attempt took longer than it may; whether it took effect is not known. Send the same request \
             with the same key again: as long as the key lives, nothing is done twice.",
        )
    }

    /// No word from the object.
    #[must_use]
    pub fn unavailable() -> Self {
        Self::new(
            &catalogue::SERVICE_UNAVAILABLE,
            "It is not known whether the operation took effect. Send the same request with the same key \
             again: nothing is done twice.",
        )
    }

    /// A reading that the database did not answer.
    #[must_use]
    pub fn read_failed() -> Self {
        Self::new(
            &catalogue::SERVICE_UNAVAILABLE,
            "The database did not answer. Send the request again.",
        )
    }

    /// A variable with a wrong value. The text names the variable and the rule, not the value.
    #[must_use]
    pub fn misconfigured(detail: String) -> Self {
        Self::new(&catalogue::SERVICE_UNAVAILABLE, detail)
    }

    /// Something that should not be.
    #[must_use]
    pub fn internal() -> Self {
        Self::new(
            &catalogue::INTERNAL_ERROR,
            "Something is wrong with the service. Its log has more under the correlation_id.",
        )
    }
}
