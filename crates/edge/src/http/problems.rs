//! The problems, each made in one place: nothing internal is in their words.

use idempotency_core::UpstreamError;

use super::{answer_field::AnswerField, problem::Problem, proxy_status};
use crate::{operation::FieldError, problem_type::ProblemType};

impl Problem {
    /// Content that cannot be read.
    #[must_use]
    pub fn malformed_json(detail: String) -> Self {
        Self::new(ProblemType::MalformedJson, detail)
    }

    /// No content, or not all that was announced.
    #[must_use]
    pub fn no_content(announced: bool) -> Self {
        Self::malformed_json(if announced {
            "The content ended before all of it had come. Send the request again.".to_owned()
        } else {
            "The content is empty. Send a JSON object, with Content-Type: application/json."
                .to_owned()
        })
    }

    /// Content, a query or a field that breaks the rules.
    #[must_use]
    pub fn invalid(errors: Vec<FieldError>) -> Self {
        let detail = match errors.len() {
            1 => "One rule is broken: see errors.".to_owned(),
            count => format!("{count} rules are broken: see errors."),
        };
        let problem = Self::new(ProblemType::ValidationFailed, detail);
        Self { errors, ..problem }
    }

    /// Content of another type.
    #[must_use]
    pub fn unsupported_media_type(detail: String, accept: &str) -> Self {
        Self::new(ProblemType::UnsupportedMediaType, detail).with(AnswerField::Accept, accept)
    }

    /// Content that is encoded (RFC 9110, section 15.5.16).
    #[must_use]
    pub fn unsupported_encoding() -> Self {
        Self::new(
            ProblemType::UnsupportedMediaType,
            "The field Content-Encoding says that the content is compressed. Send the JSON as it is, without that \
             field.",
        )
        .with(AnswerField::AcceptEncoding, "identity")
    }

    /// Content of more than `max_bytes`.
    #[must_use]
    pub fn payload_too_large(max_bytes: usize) -> Self {
        Self::new(
            ProblemType::PayloadTooLarge,
            format!(
                "The content is longer than the {max_bytes} bytes that it may have. Send less at once."
            ),
        )
    }

    /// Content that did not come, or too slowly.
    #[must_use]
    pub fn request_timeout() -> Self {
        Self::new(
            ProblemType::RequestTimeout,
            "Nothing of the content came for 10 seconds, or less than 1 kB/s after the first 10 seconds. Send the \
             request again, over a new connection.",
        )
    }

    /// A header field of more than `max_bytes`.
    #[must_use]
    pub fn field_too_large(name: &str, max_bytes: usize) -> Self {
        Self::new(
            ProblemType::HeaderFieldsTooLarge,
            format!(
                "The header field {name} may have {max_bytes} bytes, and has more. Shorten it."
            ),
        )
    }

    /// More requests than a caller may send in `period_s` seconds.
    #[must_use]
    pub fn rate_limited(period_s: u64) -> Self {
        Self::new(
            ProblemType::RateLimited,
            "You send more requests than a caller may. Send this one again after the seconds in Retry-After.",
        )
        .with(AnswerField::RetryAfter, period_s.to_string())
    }

    /// Nothing there, or nothing of this caller.
    #[must_use]
    pub fn not_found(detail: &str) -> Self {
        Self::new(ProblemType::NotFound, detail)
    }

    /// The path `/`, for clients other than browsers.
    #[must_use]
    pub fn nothing_at_root() -> Self {
        Self::not_found(
            "The API is not at this path. GET /docs shows it, and /openapi.json describes it for programs, unless this \
             Worker has no static files.",
        )
    }

    /// A static file, of a Worker that has none.
    #[must_use]
    pub fn no_assets() -> Self {
        Self::not_found("This Worker has no static files: its configuration has no binding ASSETS.")
    }

    /// A method that the path does not take; `allow` lists those it does.
    #[must_use]
    pub fn method_not_allowed(allow: &str) -> Self {
        Self::new(
            ProblemType::MethodNotAllowed,
            format!("This path does not take the method that was sent. Use one of those it takes: {allow}."),
        )
        .with(AnswerField::Allow, allow)
    }

    /// A path that is not passed on.
    #[must_use]
    pub fn bad_path(detail: &str) -> Self {
        Self::invalid(vec![FieldError::parameter("path", detail)])
    }

    /// No caller, where a field of the request says who it is.
    #[must_use]
    pub fn caller_missing(name: &str) -> Self {
        Self::unauthorized(&format!(
            "The field {name} is missing, which says whose idempotency key it is."
        ))
    }

    /// A server behind this one that did not answer a request without a key.
    #[must_use]
    pub fn upstream_failed() -> Self {
        let mut problem = Self::new(
            ProblemType::OutcomeUnknown,
            "The server behind this one did not answer. Whether it has done something is not known.",
        );
        problem.status = 502;
        problem.headers.clear();
        let error = UpstreamError::ConnectionTerminated;
        problem.with(AnswerField::ProxyStatus, proxy_status::failed(error))
    }

    /// A missing or malformed credential.
    #[must_use]
    pub fn unauthorized(detail: &str) -> Self {
        Self::new(ProblemType::Unauthorized, detail).with(AnswerField::Authenticate, "Bearer")
    }

    /// A signature that is missing, too old or wrong, where it says who sends. No scheme is registered for these.
    #[must_use]
    pub fn wrong_signature(detail: &str) -> Self {
        Self::new(ProblemType::Unauthorized, detail).with(AnswerField::Authenticate, "Signature")
    }

    /// A token that is not accepted (RFC 6750, section 3.1).
    #[must_use]
    pub fn invalid_token(detail: &str) -> Self {
        Self::new(ProblemType::Unauthorized, detail)
            .with(AnswerField::Authenticate, r#"Bearer error="invalid_token""#)
    }

    /// The same, for what is opened in a browser: it asks its user for a password.
    ///
    /// Chromium reads one challenge of a field, the first, and takes what follows for more of its parameters. So the
    /// password comes first, and the scheme after it has a parameter.
    #[must_use]
    pub fn with_password(mut self) -> Self {
        const BASIC: &str =
            r#"Basic realm="operators: any name, and the token as password", charset="UTF-8""#;
        if self.status == 401 {
            for (field, value) in &mut self.headers {
                if *field == AnswerField::Authenticate && value == "Bearer" {
                    value.push_str(r#" realm="operators""#);
                }
            }
            let basic = (AnswerField::Authenticate, BASIC.to_owned());
            self.headers.insert(0, basic);
        }
        self
    }

    /// Something that is only available over a WebSocket. The field `Upgrade`, which belongs here (RFC 9110, section
    /// 15.5.22), is the platform's: it drops ours.
    #[must_use]
    pub fn upgrade_required() -> Self {
        Self::new(
            ProblemType::UpgradeRequired,
            "Open a WebSocket here; /dashboard does.",
        )
    }

    /// The sums and events that were asked for are not available.
    #[must_use]
    pub fn monitor_failed() -> Self {
        Self::new(
            ProblemType::ServiceUnavailable,
            "What is counted cannot be read at the moment. Send the request again.",
        )
    }

    /// A file that the platform did not send.
    #[must_use]
    pub fn asset_failed() -> Self {
        Self::new(
            ProblemType::ServiceUnavailable,
            "This file cannot be read at the moment. Send the request again.",
        )
    }

    /// The caller cannot be determined at the moment.
    #[must_use]
    pub fn keys_missing() -> Self {
        Self::new(
            ProblemType::ServiceUnavailable,
            "The token could not be checked: its issuer's keys are not to be had. Nothing was done; send the \
             request again.",
        )
    }

    /// A page of an origin that may not call.
    #[must_use]
    pub fn forbidden_origin() -> Self {
        Self::new(
            ProblemType::Forbidden,
            "Pages of this origin may not call. The variable CORS_ALLOWED_ORIGINS lists those that may.",
        )
    }

    /// A caller that may call, but not for this.
    #[must_use]
    pub fn operators_only() -> Self {
        Self::new(
            ProblemType::Forbidden,
            "Only a token with the role operator may do this.",
        )
    }

    /// No reply from the object.
    #[must_use]
    pub fn unavailable() -> Self {
        Self::new(
            ProblemType::ServiceUnavailable,
            "It is not known whether the operation took effect. Send the same request with the same key \
             again: nothing is done twice.",
        )
    }

    /// An object that does not know the request, or may not execute it.
    #[must_use]
    pub fn declined() -> Self {
        Self::new(
            ProblemType::ServiceUnavailable,
            "Nothing was done for this request: a release of the service is being rolled out, or a variable is \
             wrong. Send the same request with the same key again.",
        )
    }

    /// A reading that the database did not answer.
    #[must_use]
    pub fn read_failed() -> Self {
        Self::new(
            ProblemType::ServiceUnavailable,
            "The database did not answer. Send the request again.",
        )
    }

    /// A variable with a wrong value. The text names the variable and the rule, not the value.
    #[must_use]
    pub fn misconfigured(detail: String) -> Self {
        Self::new(ProblemType::ServiceUnavailable, detail)
    }

    /// A state that should not occur.
    #[must_use]
    pub fn internal() -> Self {
        Self::new(
            ProblemType::InternalError,
            "Something is wrong with the service. Its log has more under the correlation_id.",
        )
    }
}
