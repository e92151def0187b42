//! How a keyed request ends.

use serde::{Deserialize, Serialize};

use crate::problem_type::ProblemType;

/// What became of a keyed request. Each has one.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Its attempt took effect, and it got the first answer.
    Executed,
    /// It got the first answer again.
    Replayed,
    /// The first one was still running.
    InProgress,
    /// Its key belongs to another request.
    Mismatch,
    /// Its credential was missing, not accepted, or not enough.
    Unauthorized,
    /// Its caller sends too many.
    RateLimited,
    /// It had no key.
    KeyMissing,
    /// It had an invalid key, or two.
    KeyInvalid,
    /// Something else in it is not acceptable.
    ValidationFailed,
    /// Its attempt ended without an answer.
    Failed,
    /// Its attempt, or one before it, may have taken effect, and must not be repeated.
    Ambiguous,
    /// Nobody could answer it.
    Unavailable,
}

impl Outcome {
    /// The name in metrics and on the dashboard.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Executed => "executed",
            Self::Replayed => "replayed",
            Self::InProgress => "in_progress",
            Self::Mismatch => "mismatch",
            Self::Unauthorized => "unauthorized",
            Self::RateLimited => "rate_limited",
            Self::KeyMissing => "key_missing",
            Self::KeyInvalid => "key_invalid",
            Self::ValidationFailed => "validation_failed",
            Self::Failed => "failed",
            Self::Ambiguous => "ambiguous",
            Self::Unavailable => "unavailable",
        }
    }

    /// That of a request that was answered with a problem of this type.
    #[must_use]
    pub const fn of_problem(problem: ProblemType) -> Self {
        match problem {
            ProblemType::KeyMissing => Self::KeyMissing,
            ProblemType::KeyInvalid | ProblemType::KeyConflict => Self::KeyInvalid,
            ProblemType::Unauthorized | ProblemType::Forbidden => Self::Unauthorized,
            ProblemType::RateLimited => Self::RateLimited,
            ProblemType::RequestMismatch => Self::Mismatch,
            ProblemType::OperationInProgress => Self::InProgress,
            ProblemType::OperationFailed => Self::Failed,
            ProblemType::OutcomeUnknown | ProblemType::UpstreamTimeout => Self::Ambiguous,
            ProblemType::ServiceUnavailable | ProblemType::InternalError => Self::Unavailable,
            ProblemType::MalformedJson
            | ProblemType::ValidationFailed
            | ProblemType::UnsupportedMediaType
            | ProblemType::PayloadTooLarge
            | ProblemType::RequestTimeout
            | ProblemType::HeaderFieldsTooLarge
            | ProblemType::NotFound
            | ProblemType::MethodNotAllowed
            | ProblemType::UpgradeRequired
            | ProblemType::NotAmbiguous => Self::ValidationFailed,
        }
    }
}
