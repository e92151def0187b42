//! The problems with a key, each made in one place. `problems.rs` has all others.

use idempotency_core::{KeyForm, Silence, UpstreamError};

use super::{answer_field::AnswerField, key::KeyField, problem::Problem, proxy_status};
use crate::{operation::KeySource, problem_type::ProblemType};

impl Problem {
    /// No key, where one of this form is required.
    #[must_use]
    pub fn key_missing(form: KeyForm) -> Self {
        let key = match form {
            KeyForm::Uuid4 => "a UUID of version 4",
            KeyForm::Uuid => "a UUID",
            KeyForm::Opaque => "1 to 255 characters of visible ASCII, such as a UUID,",
        };
        Self::new(
            ProblemType::KeyMissing,
            format!(
                "The request has no idempotency key. Send {key} in the header field X-Idempotency-Key or \
                 Idempotency-Key; one in the query or the content is not looked for."
            ),
        )
    }

    /// No key in any of the places where a route looks for it.
    #[must_use]
    pub fn key_not_found(sources: &[KeySource]) -> Self {
        let places: Vec<_> = sources.iter().map(KeySource::to_string).collect();
        Self::new(
            ProblemType::KeyMissing,
            format!(
                "The request has no idempotency key where this route looks for it: {}.",
                places.join(", ")
            ),
        )
    }

    /// An invalid key.
    #[must_use]
    pub fn key_invalid(detail: String) -> Self {
        Self::new(ProblemType::KeyInvalid, detail)
    }

    /// Two keys.
    #[must_use]
    pub fn key_conflict(detail: &str) -> Self {
        Self::new(ProblemType::KeyConflict, detail)
    }

    /// A key that belongs to another request.
    #[must_use]
    pub fn mismatch(field: KeyField) -> Self {
        let status = match field {
            KeyField::Standard => 422,
            KeyField::Extension => 400,
        };
        let problem = Self::new(
            ProblemType::RequestMismatch,
            "This key was used with another payload, path, query or method. Repeat that request unchanged, \
             or use a new key for this one.",
        );
        Self { status, ..problem }
    }

    /// The first request is still running.
    #[must_use]
    pub fn in_progress() -> Self {
        Self::new(
            ProblemType::OperationInProgress,
            "A request with this key is still running. Send this one again after the seconds in \
             Retry-After, or with Prefer: wait=30 to be answered when it ends.",
        )
    }

    /// An attempt without an answer.
    #[must_use]
    pub fn operation_failed() -> Self {
        Self::new(
            ProblemType::OperationFailed,
            "This attempt failed. Send the same request with the same key again: nothing is done twice.",
        )
    }

    /// An attempt that ended when it no longer counted: after its deadline, or after its key's lifetime.
    #[must_use]
    pub fn given_up() -> Self {
        Self::new(
            ProblemType::OperationFailed,
            "This attempt took longer than it may; whether it took effect is not known. Send the same request \
             with the same key again: as long as the key lives, nothing is done twice.",
        )
    }

    /// An attempt that may have taken effect, and must not be repeated: this request's own, or one before it.
    #[must_use]
    pub fn outcome_unknown(own: bool) -> Self {
        let first = if own {
            "This attempt may have taken effect, and nobody knows."
        } else {
            "An attempt with this key may have taken effect, and nobody knows. Nothing was done for this request."
        };
        let mut problem = Self::new(
            ProblemType::OutcomeUnknown,
            format!(
                "{first} Do not repeat it with a new key, which could do it twice. Ask whoever runs the service, who can \
                 say what became of it; the look-up of the key tells when that is so."
            ),
        );
        if own {
            problem.status = 502;
            problem.headers.clear();
        }
        problem
    }

    /// Another system that took too long.
    #[must_use]
    pub fn upstream_timeout() -> Self {
        Self::new(
            ProblemType::UpstreamTimeout,
            "The API behind this service gave no whole answer in time, and may have done what was asked. Send the same \
             request with the same key again, not with a new one: nothing is done twice.",
        )
    }

    /// An attempt that may have taken effect: this request's own, or one before it. If it is held, no retry has another
    /// sent.
    #[must_use]
    pub fn ambiguous(own: bool, is_held: bool, error: Option<UpstreamError>) -> Self {
        let problem = match error {
            Some(UpstreamError::HttpResponseTimeout) => Self::upstream_timeout(),
            Some(_) | None if own && !is_held => Self::operation_failed(),
            Some(_) | None => Self::outcome_unknown(own),
        };
        match error {
            Some(error) => problem.with(AnswerField::ProxyStatus, proxy_status::failed(error)),
            None => problem,
        }
    }

    /// A request without a key that failed, and has had no effect.
    #[must_use]
    pub fn unkeyed_failed() -> Self {
        Self::new(
            ProblemType::OperationFailed,
            "The request failed and had no effect. Send it again.",
        )
    }

    /// A request without a key that may have had an effect.
    #[must_use]
    pub fn unkeyed_outcome_unknown() -> Self {
        let mut problem = Self::new(
            ProblemType::OutcomeUnknown,
            "The request failed, and may have had an effect. It had no idempotency key, so that sending it again could \
             have the effect twice: look first whether it is there. With a key, it could be sent again safely.",
        );
        problem.status = 502;
        problem.headers.clear();
        problem
    }

    /// The object replied nothing about the record.
    #[must_use]
    pub fn silence(silence: Silence) -> Self {
        match silence {
            Silence::Declined => Self::declined(),
            Silence::Unsettled => Self::unavailable(),
            Silence::Damaged => Self::internal(),
        }
    }

    /// A key that an operator resolves, though it is not AMBIGUOUS.
    #[must_use]
    pub fn not_ambiguous() -> Self {
        Self::new(
            ProblemType::NotAmbiguous,
            "The key is not AMBIGUOUS, or an answer to its request is still awaited. It is as it was: look it up.",
        )
    }
}
