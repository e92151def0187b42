//! The problem types. Whatever depends on one is an exhaustive match, so a new type does not compile until each place
//! has its answer.

use serde::{Serialize, Serializer};
use strum::VariantArray;

use crate::catalogue::{self, Definition};

/// A problem type, in the order of the documentation.
#[derive(Clone, Copy, Debug, Eq, PartialEq, VariantArray)]
pub enum ProblemType {
    /// `idempotency-key-missing`
    KeyMissing,
    /// `idempotency-key-invalid`
    KeyInvalid,
    /// `idempotency-key-conflict`
    KeyConflict,
    /// `request-mismatch`
    RequestMismatch,
    /// `operation-in-progress`
    OperationInProgress,
    /// `malformed-json`
    MalformedJson,
    /// `validation-failed`
    ValidationFailed,
    /// `unsupported-media-type`
    UnsupportedMediaType,
    /// `payload-too-large`
    PayloadTooLarge,
    /// `request-timeout`
    RequestTimeout,
    /// `header-fields-too-large`
    HeaderFieldsTooLarge,
    /// `not-found`
    NotFound,
    /// `method-not-allowed`
    MethodNotAllowed,
    /// `unauthorized`
    Unauthorized,
    /// `forbidden`
    Forbidden,
    /// `upgrade-required`
    UpgradeRequired,
    /// `rate-limited`
    RateLimited,
    /// `operation-failed`
    OperationFailed,
    /// `outcome-unknown`
    OutcomeUnknown,
    /// `upstream-timeout`
    UpstreamTimeout,
    /// `not-ambiguous`
    NotAmbiguous,
    /// `service-unavailable`
    ServiceUnavailable,
    /// `internal-error`
    InternalError,
}

impl ProblemType {
    /// Its status, its title and what its page says.
    #[must_use]
    pub const fn definition(self) -> &'static Definition {
        match self {
            Self::KeyMissing => &catalogue::KEY_MISSING,
            Self::KeyInvalid => &catalogue::KEY_INVALID,
            Self::KeyConflict => &catalogue::KEY_CONFLICT,
            Self::RequestMismatch => &catalogue::REQUEST_MISMATCH,
            Self::OperationInProgress => &catalogue::OPERATION_IN_PROGRESS,
            Self::MalformedJson => &catalogue::MALFORMED_JSON,
            Self::ValidationFailed => &catalogue::VALIDATION_FAILED,
            Self::UnsupportedMediaType => &catalogue::UNSUPPORTED_MEDIA_TYPE,
            Self::PayloadTooLarge => &catalogue::PAYLOAD_TOO_LARGE,
            Self::RequestTimeout => &catalogue::REQUEST_TIMEOUT,
            Self::HeaderFieldsTooLarge => &catalogue::HEADER_FIELDS_TOO_LARGE,
            Self::NotFound => &catalogue::NOT_FOUND,
            Self::MethodNotAllowed => &catalogue::METHOD_NOT_ALLOWED,
            Self::Unauthorized => &catalogue::UNAUTHORIZED,
            Self::Forbidden => &catalogue::FORBIDDEN,
            Self::UpgradeRequired => &catalogue::UPGRADE_REQUIRED,
            Self::RateLimited => &catalogue::RATE_LIMITED,
            Self::OperationFailed => &catalogue::OPERATION_FAILED,
            Self::OutcomeUnknown => &catalogue::OUTCOME_UNKNOWN,
            Self::UpstreamTimeout => &catalogue::UPSTREAM_TIMEOUT,
            Self::NotAmbiguous => &catalogue::NOT_AMBIGUOUS,
            Self::ServiceUnavailable => &catalogue::SERVICE_UNAVAILABLE,
            Self::InternalError => &catalogue::INTERNAL_ERROR,
        }
    }

    /// The last segment of its URI.
    #[must_use]
    pub const fn slug(self) -> &'static str {
        self.definition().slug
    }
}

/// Its slug.
impl Serialize for ProblemType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.slug())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_problem_types_have_the_same_slug() {
        let mut slugs: Vec<_> = ProblemType::VARIANTS
            .iter()
            .map(|kind| kind.slug())
            .collect();
        slugs.sort_unstable();
        slugs.dedup();
        assert_eq!(slugs.len(), ProblemType::VARIANTS.len());
    }
}
