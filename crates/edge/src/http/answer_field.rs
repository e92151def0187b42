//! The header fields that the service sets in its answers. Operations set more, which are saved with their answers.

use strum::VariantArray;

/// A header field of an answer, in the order in which the description lists them.
#[derive(Clone, Copy, Debug, Eq, PartialEq, VariantArray)]
pub enum AnswerField {
    CorrelationId,
    ContentTypeOptions,
    ReferrerPolicy,
    TransportSecurity,
    CacheControl,
    Vary,
    AllowOrigin,
    ExposeHeaders,
    Key,
    ExpiresAt,
    Replayed,
    TraceId,
    BodyOmitted,
    Location,
    Link,
    RetryAfter,
    ProxyStatus,
    Allow,
    Authenticate,
    Accept,
    AcceptEncoding,
    ETag,
    ContentSecurityPolicy,
    ContentType,
    AllowMethods,
    AllowHeaders,
    MaxAge,
}

impl AnswerField {
    /// The field's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::CorrelationId => "X-Correlation-ID",
            Self::ContentTypeOptions => "X-Content-Type-Options",
            Self::ReferrerPolicy => "Referrer-Policy",
            Self::TransportSecurity => "Strict-Transport-Security",
            Self::CacheControl => "Cache-Control",
            Self::Vary => "Vary",
            Self::AllowOrigin => "Access-Control-Allow-Origin",
            Self::ExposeHeaders => "Access-Control-Expose-Headers",
            Self::Key => "X-Idempotency-Key",
            Self::ExpiresAt => "X-Idempotency-Expires-At",
            Self::Replayed => "Idempotent-Replayed",
            Self::TraceId => "X-Idempotency-Trace-ID",
            Self::BodyOmitted => "X-Idempotency-Content",
            Self::Location => "Location",
            Self::Link => "Link",
            Self::RetryAfter => "Retry-After",
            Self::ProxyStatus => "Proxy-Status",
            Self::Allow => "Allow",
            Self::Authenticate => "WWW-Authenticate",
            Self::Accept => "Accept",
            Self::AcceptEncoding => "Accept-Encoding",
            Self::ETag => "ETag",
            Self::ContentSecurityPolicy => "Content-Security-Policy",
            Self::ContentType => "Content-Type",
            Self::AllowMethods => "Access-Control-Allow-Methods",
            Self::AllowHeaders => "Access-Control-Allow-Headers",
            Self::MaxAge => "Access-Control-Max-Age",
        }
    }

    /// Whether a page of another origin may read it. (Fetch, "CORS-safelisted response-header name".)
    #[must_use]
    pub const fn is_exposed(self) -> bool {
        match self {
            Self::CorrelationId
            | Self::Key
            | Self::ExpiresAt
            | Self::Replayed
            | Self::TraceId
            | Self::BodyOmitted
            | Self::Location
            | Self::Link
            | Self::RetryAfter
            | Self::ProxyStatus
            | Self::Allow
            | Self::Authenticate
            | Self::ETag => true,
            Self::ContentTypeOptions
            | Self::ReferrerPolicy
            | Self::TransportSecurity
            | Self::CacheControl
            | Self::Vary
            | Self::AllowOrigin
            | Self::ExposeHeaders
            | Self::Accept
            | Self::AcceptEncoding
            | Self::ContentSecurityPolicy
            | Self::ContentType
            | Self::AllowMethods
            | Self::AllowHeaders
            | Self::MaxAge => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use idempotency_core::lifecycle::OMITTED;

    use super::*;

    #[test]
    fn the_field_of_a_saved_response_without_its_body_has_the_same_name_here() {
        let name = AnswerField::BodyOmitted.name();
        assert!(name.eq_ignore_ascii_case(OMITTED.0), "{name}");
    }

    #[test]
    fn every_name_is_a_field_of_its_own() {
        let mut names: Vec<_> = AnswerField::VARIANTS
            .iter()
            .map(|field| field.name())
            .collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), AnswerField::VARIANTS.len());
    }
}
